import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapDecrypt

/// Octets that went wrong in every way, seeded: nothing traps, nothing is invented, nothing is lost unsaid.
@Suite struct RandomConversationTests {
    private typealias Piece = (side: Side, octets: [UInt8])

    private static let flights: [Piece] = [
        (.client, RFC8448.clientHello), (.server, RFC8448.serverHello + RFC8448.serverFlight),
        (.client, RFC8448.clientFinished), (.server, RFC8448.ticket), (.client, RFC8448.clientData),
        (.server, RFC8448.serverData), (.client, RFC8448.clientAlert), (.server, RFC8448.serverAlert),
    ]

    private static func mutated(_ random: inout SeededGenerator) -> [Piece] {
        var pieces = flights
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: 0..<pieces.count, using: &random)
            let count = pieces[index].octets.count
            let place = Int.random(in: 0..<max(1, count), using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where place < count: pieces[index].octets[place] = UInt8.random(in: 0...255, using: &random)
            case 1: pieces[index].octets.removeSubrange(min(place, count)..<count)
            case 2: pieces[index].octets.insert(UInt8.random(in: 0...255, using: &random), at: min(place, count))
            case 3: pieces.swapAt(index, Int.random(in: 0..<pieces.count, using: &random))
            case 4: pieces.insert(pieces[index], at: index)
            default: pieces[index].side = pieces[index].side.peer
            }
        }
        return pieces.flatMap { piece -> [Piece] in
            guard Bool.random(using: &random), piece.octets.count > 1 else { return [piece] }
            let cut = Int.random(in: 1..<piece.octets.count, using: &random)
            return [
                (piece.side, Array(piece.octets[..<cut])), (piece.side, Array(piece.octets[cut...])),
            ]
        }.filter { !$0.octets.isEmpty }
    }

    private static func play(_ pieces: [Piece], _ keys: KeyLog) -> [Trace.Entry] {
        let collector = TraceCollector()
        let decryptor = Decryptor(into: collector, keys: keys)
        let time = Timestamp(nanoseconds: 0)
        let session = decryptor.open(
            SessionInfo(
                source: "test", client: Endpoint(address: nil, port: 1), server: Endpoint(address: nil, port: 25),
                started: time))
        for piece in pieces { session.receive(piece.octets.span.bytes, from: piece.side, at: time) }
        session.end(at: time)
        decryptor.finish()
        return collector.traces.flatMap(\.entries).map(\.entry)
    }

    @Test(arguments: 0..<20) func plaintextIsNeverInvented(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let keys = KeyLog()
        keys.add(RFC8448.keyLog.utf8)
        for _ in 0..<100 {
            let entries = Self.play(Self.mutated(&random), keys)
            let isDecrypted = entries.contains { entry in
                if case .mark(.tls(let mark)) = entry { mark.isDecrypted } else { false }
            }
            guard isDecrypted else { continue }
            for case .chunk(_, let octets) in entries { #expect(octets == RFC8448.content) }
        }
    }

    @Test(arguments: 0..<20) func withoutSecretsEveryOctetGoesOn(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let pieces = Self.mutated(&random)
            let entries = Self.play(pieces, KeyLog())
            for side in Side.allCases {
                let came = entries.flatMap { entry in
                    if case .chunk(side, let octets) = entry { octets } else { [UInt8]() }
                }
                #expect(came == pieces.filter { $0.side == side }.flatMap(\.octets))
            }
        }
    }

    @Test(arguments: 0..<10) func handshakeMessagesOfAnyFormAreRead(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var body = Array(RFC8448.clientHello.dropFirst(9))
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            body.removeLast(Int.random(in: 0..<body.count, using: &random))
            if let hello = ClientHello(body) { #expect(hello.random.count == 32) }
            if let hello = ServerHello(body) { #expect(hello.random.count == 32) }
            #expect(CertificateNames.inMessage(body, isTLS13: true).count <= 32)
            #expect(CertificateNames.inCertificate(body).count <= 32)
        }
    }
}
