import Crypto
import MailTapCore
import Testing

@testable import MailTapDecrypt

/// Content right behind the client's hello, taken and refused (RFC 8446 section 4.2.10).
@Suite struct EarlyDataTests {
    /// Seals records under a traffic secret, as TLS_AES_128_GCM_SHA256 does (RFC 8446 section 5.2).
    private struct Sealer {
        private let key: SymmetricKey
        private let iv: [UInt8]
        private var number: UInt64 = 0

        init(_ secret: [UInt8]) {
            key = SymmetricKey(data: TLS13KeySchedule.expandLabel(.sha256, secret: secret, label: "key", count: 16))
            iv = TLS13KeySchedule.expandLabel(.sha256, secret: secret, label: "iv", count: 12)
        }

        mutating func record(_ type: TLSRecord.ContentType, _ content: [UInt8]) throws -> [UInt8] {
            let inner = content + [type.rawValue]
            let header = TLSRecord.header(.applicationData, 0x0303, length: inner.count + AEADKey.tagLength)
            let nonce = try AES.GCM.Nonce(data: AEADKey.nonce(iv, sequence: number))
            number += 1
            let box = try AES.GCM.seal(inner, using: key, nonce: nonce, authenticating: header)
            return header + box.ciphertext + box.tag
        }
    }

    private typealias Flight = (side: Side, octets: [UInt8])

    private static let early = Array("EHLO early.example\r\n".utf8)
    private static let later = Array("NOOP\r\n".utf8)
    private static let greeting = Array("220 mx.example\r\n".utf8)
    private static let labels = [
        "CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
    ]
    /// A Finished message; nobody verifies it.
    private static let finished: [UInt8] = [20, 0, 0, 32] + [UInt8](repeating: 7, count: 32)

    private static func secret(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number + 1), count: 32) }

    /// The key log, with or without the early data's secret.
    private static func keys(early: Bool = true, wrong: Bool = false) -> KeyLog {
        let keys = KeyLog()
        for (number, label) in labels.enumerated() where number > 0 || early {
            let octet = String(number + (wrong && number == 0 ? 9 : 1), radix: 16)
            let secret = String(repeating: "0" + octet, count: 32)
            keys.add("\(label) \(RFC8448.random) \(secret)\n".utf8)
        }
        return keys
    }

    /// RFC 8448's hello, which announces early data.
    private static var hello: [UInt8] {
        var hello = RFC8448.clientHello + [0, 42, 0, 0]
        // The lengths of the record, of the message and of its extensions.
        for place in [4, 8, 55] { hello[place] += 4 }
        return hello
    }

    /// What both sides send: the client two records of early data in between its hello and the server's.
    private static func flights(accepted: Bool, retry: Bool = false) throws -> [Flight] {
        var keys = (0..<5).map { Sealer(secret($0)) }
        let said: [UInt8] = accepted ? [8, 0, 0, 6, 0, 4, 0, 42, 0, 0] : [8, 0, 0, 2, 0, 0]
        let half = early.count / 2
        var flights: [Flight] = [
            (.client, hello), (.client, try keys[0].record(.applicationData, Array(early[..<half]))),
            (.client, try keys[0].record(.applicationData, Array(early[half...]))),
        ]
        if retry {
            var other = RFC8448.serverHello
            other.replaceSubrange(11..<43, with: ServerHello.retryRandom)
            flights += [(.server, other), (.client, [20, 3, 3, 0, 1, 1] + RFC8448.clientHello)]
        }
        flights += [
            (.server, RFC8448.serverHello), (.server, try keys[2].record(.handshake, said)),
            (.server, try keys[2].record(.handshake, finished)),
            (.server, try keys[4].record(.applicationData, greeting)),
        ]
        if accepted { flights.append((.client, try keys[0].record(.handshake, [5, 0, 0, 0]))) }
        flights += [
            (.client, [20, 3, 3, 0, 1, 1]), (.client, try keys[1].record(.handshake, finished)),
            (.client, try keys[3].record(.applicationData, later)),
        ]
        return flights
    }

    private static func play(_ flights: [Flight], _ keys: KeyLog, by size: Int = .max) -> [TLSOutput] {
        var conversation = TLSConversation()
        var outputs: [TLSOutput] = []
        for (side, octets) in flights {
            for start in stride(from: 0, to: octets.count, by: min(size, octets.count)) {
                let piece = Array(octets[start...].prefix(size))
                conversation.receive(piece.span.bytes, from: side, keys: keys, into: &outputs)
            }
        }
        for side in Side.allCases { conversation.finish(side, into: &outputs) }
        return outputs
    }

    private static func said(_ outputs: [TLSOutput], by side: Side) -> [UInt8] {
        outputs.flatMap { output in if case .data(side, let octets) = output { octets } else { [UInt8]() } }
    }

    private static func losses(_ outputs: [TLSOutput]) -> [TLSOutput] {
        outputs.filter { if case .data = $0 { false } else { true } }
    }

    @Test(arguments: [Int.max, 50, 1]) func whatTheServerTakesIsDecrypted(size: Int) throws {
        let flights = try Self.flights(accepted: true)
        let outputs = Self.play(flights, Self.keys(), by: size)
        #expect(Self.said(outputs, by: .client) == Self.early + Self.later)
        #expect(Self.said(outputs, by: .server) == Self.greeting)
        #expect(Self.losses(outputs).isEmpty)
        // In this order, as it was sent before the greeting.
        #expect(outputs.first == .data(.client, Array(Self.early.prefix(10))))
    }

    /// Two records, each with a type and a tag.
    private static let sealedLength = UInt64(early.count + 2 * 17)

    @Test(arguments: [Int.max, 1]) func whatTheServerRefusesIsLeftOut(size: Int) throws {
        for retry in [false, true] {
            let outputs = Self.play(try Self.flights(accepted: false, retry: retry), Self.keys(), by: size)
            #expect(Self.said(outputs, by: .client) == Self.later)
            #expect(Self.said(outputs, by: .server) == Self.greeting)
            #expect(Self.losses(outputs) == [.skippedEarlyData(Self.sealedLength, .refused)])
        }
    }

    @Test func whatNoSecretOpensIsMissing() throws {
        let flights = try Self.flights(accepted: true)
        // EndOfEarlyData is under the same keys.
        let lost = Self.sealedLength + 21
        for keys in [Self.keys(early: false), Self.keys(wrong: true)] {
            let outputs = Self.play(flights, keys)
            #expect(Self.said(outputs, by: .client) == Self.later)
            #expect(Self.losses(outputs) == [.skippedEarlyData(lost, .sealed)])
        }
        let entries = Self.entries(flights, Self.keys(early: false))
        let text =
            "\(lost) octets of the client's early data (0-RTT) are not decrypted: no secret in the key log opens them"
        #expect(
            entries.dropFirst() == [
                .chunk(.server, Self.greeting), .mark(.trouble(Trouble(code: "decrypt-failed", text: text))),
                .mark(.gap(.client, lost)), .chunk(.client, Self.later),
            ])
    }

    @Test func whatWasRefusedIsNoGap() throws {
        let text =
            "\(Self.sealedLength) octets of the client's early data (0-RTT) are left out: the server did not take them"
        #expect(
            Self.entries(try Self.flights(accepted: false), Self.keys()).dropFirst() == [
                .chunk(.server, Self.greeting), .mark(.trouble(Trouble(code: "decrypt-failed", text: text))),
                .chunk(.client, Self.later),
            ])
    }

    private static func entries(_ flights: [Flight], _ keys: KeyLog) -> [Trace.Entry] {
        let collector = TraceCollector()
        let decryptor = Decryptor(into: collector, keys: keys)
        let time = Timestamp(nanoseconds: 0)
        let session = decryptor.open(
            SessionInfo(
                source: "test", client: Endpoint(address: nil, port: 1), server: Endpoint(address: nil, port: 465),
                started: time))
        for flight in flights { session.receive(flight.octets.span.bytes, from: flight.side, at: time) }
        session.end(at: time)
        return collector.traces.flatMap(\.entries).map(\.entry)
    }
}
