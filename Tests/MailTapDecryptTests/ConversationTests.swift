import MailTapCore
import Testing

@testable import MailTapDecrypt

/// The conversation of RFC 8448, whole, cut, damaged and out of order.
@Suite struct ConversationTests {
    private typealias Flight = (side: Side, octets: [UInt8])

    private static let flights: [Flight] = [
        (.client, RFC8448.clientHello), (.server, RFC8448.serverHello + RFC8448.serverFlight),
        (.client, RFC8448.clientFinished), (.server, RFC8448.ticket), (.client, RFC8448.clientData),
        (.server, RFC8448.serverData), (.client, RFC8448.clientAlert), (.server, RFC8448.serverAlert),
    ]

    private static func keys(_ text: String = RFC8448.keyLog) -> KeyLog {
        let keys = KeyLog()
        keys.add(text.utf8)
        return keys
    }

    private static func play(
        _ flights: [Flight], _ keys: KeyLog, by size: Int = .max, partial: Bool = false
    ) -> (outputs: [TLSOutput], conversation: TLSConversation) {
        var conversation = TLSConversation(takesPartialSecrets: partial)
        var outputs: [TLSOutput] = []
        for (side, octets) in flights {
            var rest = octets[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(size))
                rest = rest.dropFirst(size)
                conversation.receive(piece.span.bytes, from: side, keys: keys, into: &outputs)
            }
        }
        for side in Side.allCases { conversation.finish(side, into: &outputs) }
        return (outputs, conversation)
    }

    @Test(arguments: [Int.max, 100, 7, 1]) func theRecordsOpen(_ size: Int) {
        let (outputs, conversation) = Self.play(Self.flights, Self.keys(), by: size)
        #expect(outputs == [.data(.client, RFC8448.content), .data(.server, RFC8448.content)])
        #expect(conversation.verdict == .open)
        let leg = conversation.facts.leg
        #expect(leg.version == "TLSv1.3")
        #expect(leg.cipher == "TLS_AES_128_GCM_SHA256")
        #expect(leg.sni == "server")
        #expect(leg.certificateNames == ["rsa"])
    }

    @Test func withoutSecretsTheHandshakeTellsWhatItIs() {
        let (outputs, conversation) = Self.play(Self.flights, KeyLog())
        #expect(outputs.isEmpty)
        #expect(conversation.verdict == .lacksSecrets)
        #expect(conversation.hasShownFacts)
        #expect(conversation.facts.leg.sni == "server")
    }

    @Test func aRecordThatIsAlteredEndsItsSide() {
        var flights = Self.flights
        flights[5].octets[20] ^= 1
        let (outputs, _) = Self.play(flights, Self.keys())
        #expect(
            outputs == [
                .data(.client, RFC8448.content), .lost(.server, 72, reason: "record 3 fails authentication"),
                .lost(.server, 24, reason: nil),
            ])
    }

    @Test func aRecordThatIsMissingEndsItsSide() {
        var flights = Self.flights
        flights.remove(at: 3)
        let (outputs, _) = Self.play(flights, Self.keys())
        #expect(outputs.first == .data(.client, RFC8448.content))
        #expect(outputs.contains(.lost(.server, 72, reason: "record 2 fails authentication")))
        #expect(!outputs.contains { if case .data(.server, _) = $0 { true } else { false } })
    }

    @Test func whatTheClientSentBeforeTheServersHelloWaits() {
        var flights = Self.flights
        flights.swapAt(1, 2)
        let (outputs, _) = Self.play(flights, Self.keys())
        #expect(outputs == [.data(.client, RFC8448.content), .data(.server, RFC8448.content)])
    }

    @Test func contentOpensWithoutTheHandshakesSecrets() {
        let lines = RFC8448.keyLog.split(separator: "\n").filter { $0.contains("TRAFFIC_SECRET_0") }
        let keys = Self.keys(lines.joined(separator: "\n"))
        #expect(Self.play(Self.flights, keys).conversation.verdict == .lacksSecrets)
        let (outputs, _) = Self.play(Self.flights, keys, partial: true)
        #expect(outputs == [.data(.client, RFC8448.content), .data(.server, RFC8448.content)])
    }

    @Test func secretsThatDoNotFitOpenNothing() {
        let wrong = RFC8448.keyLog.replacing("b67b7d", with: "b67b7e")
        let (outputs, conversation) = Self.play(Self.flights, Self.keys(wrong))
        #expect(outputs.isEmpty)
        #expect(conversation.verdict == .sealed("the secrets do not open its first record"))
    }

    @Test func aGapEndsItsSideAndIsCounted() {
        var conversation = TLSConversation()
        var outputs: [TLSOutput] = []
        for (side, octets) in Self.flights.dropLast(4) {
            conversation.receive(octets.span.bytes, from: side, keys: Self.keys(), into: &outputs)
        }
        conversation.receive(
            Array(RFC8448.clientData.prefix(10)).span.bytes, from: .client, keys: Self.keys(), into: &outputs)
        conversation.gap(.client, 62, into: &outputs)
        #expect(
            outputs == [.lost(.client, 10, reason: "62 octets are missing"), .lost(.client, 62, reason: nil)])
    }

    /// A retry is no choice: the second hello decides (RFC 8446 section 4.1.4).
    @Test func aRetryIsWaitedFor() {
        var retry = RFC8448.serverHello
        retry.replaceSubrange(11..<43, with: ServerHello.retryRandom)
        var flights = Self.flights
        flights.insert((.server, retry), at: 1)
        flights.insert((.client, [20, 3, 3, 0, 1, 1] + RFC8448.clientHello), at: 2)
        let (outputs, conversation) = Self.play(flights, Self.keys())
        #expect(conversation.facts.server?.isRetry == false)
        #expect(outputs == [.data(.client, RFC8448.content), .data(.server, RFC8448.content)])
    }

    @Test func octetsThatAreNoTLSAreToldApart() {
        #expect(Self.play([(.client, Array("EHLO x\r\n".utf8))], Self.keys()).conversation.verdict == .notTLS)
        #expect(Self.play([(.client, [22, 3, 1, 0, 4, 1, 0, 0, 0])], Self.keys()).conversation.verdict == .notTLS)
    }

    @Test func anAlertInClearEndsTheHandshake() throws {
        let (outputs, conversation) = Self.play(
            [(.client, RFC8448.clientHello), (.server, [21, 3, 3, 0, 2, 2, 40])], Self.keys())
        #expect(conversation.verdict == .refused)
        #expect(outputs == [.alert(.server, try #require(TLSAlert([2, 40])))])
    }
}
