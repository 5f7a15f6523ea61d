import MailTapCore
import MailTapTesting
import NIOCore
import Testing

@testable import MailTapProxy

@Suite struct DNSTests {
    private let query = DNSQuery(id: 0x1234, name: "Example.ORG.", type: .mx)

    /// An answer with these records behind the question; their owner is a pointer to the question's name.
    private func answer(_ records: [(DNSType, [UInt8])], flags: UInt16 = 0x8180, id: UInt16 = 0x1234) -> [UInt8] {
        var octets: [UInt8] = [UInt8(id >> 8), UInt8(id & 255), UInt8(flags >> 8), UInt8(flags & 255), 0, 1]
        octets += [0, UInt8(records.count), 0, 0, 0, 0]
        octets += name("example.org") + [0, UInt8(query.type.rawValue), 0, 1]
        for (type, data) in records {
            octets += [0xC0, 12, 0, UInt8(type.rawValue), 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
        }
        return octets
    }

    private func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    @Test func queryIsTheRFCs() {
        #expect(query.octets == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name("example.org") + [0, 15, 0, 1])
        #expect(DNSQuery(id: 1, name: "a..b", type: .a).octets == nil)
        #expect(DNSQuery(id: 1, name: String(repeating: "x", count: 64), type: .a).octets == nil)
    }

    @Test func answersAreRead() {
        let found = DNSAnswer(
            answer([
                (.mx, [0, 10] + name("MX.example.org")), (.a, [192, 0, 2, 1]), (.mx, [0, 5, 2, 109, 120, 0xC0, 12]),
            ]),
            to: query)
        #expect(
            found?.exchanges == [
                MailExchange(preference: 10, host: "mx.example.org"),
                MailExchange(preference: 5, host: "mx.example.org"),
            ])
        #expect(found?.addresses == [IPAddress("192.0.2.1")].compactMap(\.self))
    }

    @Test func whatIsNoAnswerToTheQueryIsNone() {
        #expect(DNSAnswer(answer([], id: 0x1235), to: query) == nil)
        #expect(DNSAnswer(answer([], flags: 0x0180), to: query) == nil)
        #expect(DNSAnswer(answer([]), to: DNSQuery(id: 0x1234, name: "example.net", type: .mx)) == nil)
        #expect(DNSAnswer(answer([]), to: DNSQuery(id: 0x1234, name: "example.org", type: .a)) == nil)
    }

    @Test func damageIsTaken() {
        let whole = answer([(.mx, [0, 10] + name("mx.example.org")), (.mx, [0, 10, 0xC0, 40])])
        for end in whole.indices { _ = DNSAnswer(Array(whole[..<end]), to: query) }
        for index in whole.indices {
            var damaged = whole
            damaged[index] = 0xC0
            #expect((DNSAnswer(damaged, to: query)?.exchanges.count ?? 0) <= 2)
        }
        var circle = whole
        circle[12] = 0xC0
        circle[13] = 12
        #expect(DNSAnswer(circle, to: query) == nil)
    }

    @Test func preferencesOrderAndEqualsAreShuffled() throws {
        let records =
            (1...6).map { (DNSType.mx, [0, $0 < 4 ? 20 : 10] + name("mx\($0).example")) } as [(DNSType, [UInt8])]
        let found = try #require(DNSAnswer(answer(records), to: query))
        var orders: Set<[String]> = []
        for seed in 0..<32 {
            var random = SeededGenerator(seed: UInt64(seed))
            guard case .exchanges(let hosts) = MailHosts(found, using: &random) else {
                Issue.record("no hosts")
                return
            }
            #expect(hosts.map(\.preference) == [10, 10, 10, 20, 20, 20])
            #expect(Set(hosts.map(\.host)).count == 6)
            orders.insert(hosts.map(\.host))
        }
        #expect(orders.count > 1)
    }

    @Test func otherAnswersHaveTheirMeaning() throws {
        var random = SeededGenerator(seed: 1)
        let null = try #require(DNSAnswer(answer([(.mx, [0, 0, 0])]), to: query))
        #expect(MailHosts(null, using: &random) == .none)
        let empty = try #require(DNSAnswer(answer([]), to: query))
        #expect(MailHosts(empty, using: &random) == .domainItself)
        let missing = try #require(DNSAnswer(answer([], flags: 0x8183), to: query))
        #expect(MailHosts(missing, using: &random) == .failed("there is no such domain"))
        let failed = try #require(DNSAnswer(answer([], flags: 0x8182), to: query))
        #expect(MailHosts(failed, using: &random) == .failed("the DNS server failed (code 2)"))
    }

    @Test func serversAreThoseOfTheSystem() {
        let text = "search example.org\nnameserver 192.0.2.53\n#nameserver 192.0.2.54\nnameserver ::1\nnameserver x\n"
        #expect(ResolverAddresses.parse(text).map(\.ipAddress) == ["192.0.2.53", "::1"])
    }
}
