import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapCapture

/// DNS answers in a capture, and what they say of the sessions that follow.
@Suite struct NameLookupTests {
    private static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    /// A response with one question and these answers.
    private static func response(_ question: String, type: Int, _ answers: [(String, Int, [UInt8])]) -> [UInt8] {
        let header: [UInt8] = [0, 7, 0x81, 0x80, 0, 1, 0, UInt8(answers.count), 0, 0, 0, 0]
        let asked = name(question) + PacketBuilder.big16(type) + [0, 1]
        return answers.reduce(header + asked) { message, answer in
            let (owner, type, data) = answer
            return message + name(owner) + PacketBuilder.big16(type) + [0, 1, 0, 0, 0, 60]
                + PacketBuilder.big16(data.count) + data
        }
    }

    private static let exchangers = response(
        "example.org", type: 15,
        [
            ("example.org", 15, [0, 10] + name("MX1.example.org")),
            ("example.org", 15, [0, 20] + name("mx2.example.org")),
        ])
    private static let address = response("mx1.example.org", type: 1, [("mx1.example.org", 1, [192, 0, 2, 25])])

    private static func info(_ names: (HostNames, Timestamp) -> Void) throws -> SessionInfo {
        let collector = TraceCollector()
        var reassembler = Reassembly(sink: collector, source: "test")
        names(reassembler.names, Timestamp(nanoseconds: 900_000_000))
        for (segment, payload) in Conversation.mail().segments {
            reassembler.segment(segment, payload.span.bytes)
        }
        reassembler.finishAll()
        return try #require(collector.traces.first).info
    }

    @Test func anMXAnswerAndAnAddressNameTheServer() throws {
        let info = try Self.info { names, time in
            names.learn(fromResponse: Self.exchangers.span.bytes, at: time)
            names.learn(fromResponse: Self.address.span.bytes, at: time)
        }
        #expect(info.server.name == "mx1.example.org")
        #expect(
            info.lookup
                == NameLookup(
                    name: "mx1.example.org", type: "A", time: Timestamp(nanoseconds: 900_000_000),
                    domain: "example.org", preference: 10))
    }

    @Test func anAddressAloneHasNoDomain() throws {
        let info = try Self.info { names, time in names.learn(fromResponse: Self.address.span.bytes, at: time) }
        #expect(info.lookup?.name == "mx1.example.org")
        #expect(info.lookup?.domain == nil)
    }

    @Test func anotherHostsAddressSaysNothing() throws {
        let other = Self.response("mx9.example.org", type: 1, [("mx9.example.org", 1, [192, 0, 2, 99])])
        let info = try Self.info { names, time in names.learn(fromResponse: other.span.bytes, at: time) }
        #expect(info.lookup == nil)
    }

    @Test func ofTwoNamesOfOneAddressTheClientsOwnLookupCounts() throws {
        let another = IPAddress(v4: 0xC000_0263)
        let own = Self.response("mail.example.net", type: 1, [("mail.example.net", 1, [192, 0, 2, 25])])
        let host = Self.name("mail.example.net")
        let ownExchanger = Self.response("example.net", type: 15, [("example.net", 15, [0, 5] + host)])
        let others = Self.response("other.example", type: 15, [("other.example", 15, [0, 7] + host)])
        let info = try Self.info { names, time in
            names.learn(fromResponse: ownExchanger.span.bytes, to: Conversation.client, at: time)
            names.learn(fromResponse: own.span.bytes, to: Conversation.client, at: time)
            names.learn(fromResponse: others.span.bytes, to: another, at: time)
            names.learn(fromResponse: Self.address.span.bytes, to: another, at: time)
        }
        #expect(info.server.name == "mail.example.net")
        #expect(info.lookup?.name == "mail.example.net" && info.lookup?.domain == "example.net")
        #expect(info.lookup?.preference == 5)
    }

    @Test func whatWasToldToAnotherHostCountsWhereNothingElseIsKnown() throws {
        let info = try Self.info { names, time in
            names.learn(fromResponse: Self.address.span.bytes, to: IPAddress(v4: 0x7F00_0001), at: time)
        }
        #expect(info.server.name == "mx1.example.org" && info.lookup?.type == "A")
    }

    @Test func whatWasLearntLastIsRemembered() {
        let names = HostNames(capacity: 8)
        for number in 0..<100 as Range<UInt8> {
            let host = "mx\(number).example.org"
            let answer = Self.response(host, type: 1, [(host, 1, [192, 0, 2, number])])
            names.learn(fromResponse: answer.span.bytes, at: Timestamp(nanoseconds: 0))
        }
        let known = (0..<100).filter { names[IPAddress(v4: 0xC000_0200 + $0), for: nil] != nil }
        #expect(known.count <= 8 && known.suffix(4) == [96, 97, 98, 99])
    }

    @Test func aReverseLookupNamesAHostThatNoAnswerNames() throws {
        let pointer = Self.response(
            "7.2.0.192.in-addr.arpa", type: 12, [("7.2.0.192.in-addr.arpa", 12, Self.name("client.example"))])
        let other = Self.response(
            "25.2.0.192.in-addr.arpa", type: 12, [("25.2.0.192.in-addr.arpa", 12, Self.name("host25.example"))])
        let info = try Self.info { names, time in
            names.learn(fromResponse: Self.address.span.bytes, at: time)
            names.learn(fromResponse: pointer.span.bytes, at: time)
            names.learn(fromResponse: other.span.bytes, at: time)
        }
        #expect(info.client.name == "client.example" && info.server.name == "mx1.example.org")
    }

    @Test func reverseNamesOfBothVersionsAreRead() {
        #expect(IPAddress(reverseName: "25.2.0.192.in-addr.arpa") == IPAddress("192.0.2.25"))
        let nibbles = "5.2.0.0" + String(repeating: ".0", count: 20) + ".8.b.d.0.1.0.0.2.ip6.arpa"
        #expect(IPAddress(reverseName: nibbles) == IPAddress("2001:db8::25"))
        let none = [
            "", "arpa", "in-addr.arpa", "2.0.192.in-addr.arpa", "256.2.0.192.in-addr.arpa", "x.2.0.192.in-addr.arpa",
            "25.2.0.192.in-addr.example", "x" + nibbles.dropFirst(), String(nibbles.dropFirst(2)),
        ]
        for name in none { #expect(IPAddress(reverseName: name) == nil, "\(name)") }
    }

    @Test(arguments: [1, 7, 500]) func answersOverTCPCount(piece: Int) throws {
        let collector = TraceCollector()
        var reassembler = Reassembly(sink: collector, source: "test")
        var dns = Conversation(isn: (70, 80))
        dns.ports = (40_000, 53)
        // The handshake was made on the port of mail; only what follows counts.
        dns.segments = []
        let query: [UInt8] = [0, 12] + [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        dns.add(.client, query)
        let answers = [Self.exchangers, Self.address].flatMap { PacketBuilder.big16($0.count) + $0 }
        for start in stride(from: 0, to: answers.count, by: piece) {
            dns.add(.server, Array(answers[start..<min(answers.count, start + piece)]))
        }
        dns.close()
        for (segment, payload) in dns.segments + Conversation.mail().segments {
            reassembler.segment(segment, payload.span.bytes)
        }
        reassembler.finishAll()
        #expect(collector.traces.count == 1)
        #expect(collector.traces.first?.info.lookup?.domain == "example.org")
    }

    @Test func aRecordingKeepsTheLookup() {
        var info = SessionInfo.sample()
        info.lookup = NameLookup(
            name: "mx1.example.org", type: "AAAA", time: Timestamp(nanoseconds: 5), domain: "example.org",
            preference: 10)
        var read = SessionInfo.sample()
        RecordingAnnotations().sessionInfo(in: RecordingComment.session(info), &read)
        #expect(read.lookup == info.lookup)
    }

    @Test func mutatedResponsesNeitherTrapNorHang() {
        var generator = SeededGenerator(seed: 3)
        let names = HostNames(capacity: 64)
        var read = 0
        for round in 0..<4_000 {
            var message = round % 2 == 0 ? Self.exchangers : Self.address
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                message[Int.random(in: 0..<message.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) { message.removeLast(.random(in: 0..<message.count, using: &generator)) }
            names.learn(fromResponse: message.span.bytes, at: Timestamp(nanoseconds: 0))
            if DNSResponse(message.span.bytes) != nil { read += 1 }
        }
        #expect(read > 100)
    }
}
