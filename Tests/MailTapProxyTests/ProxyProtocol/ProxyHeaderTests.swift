import MailTapCore
import Testing

@testable import MailTapProxy

@Suite struct ProxyHeaderTests {
    static let headers = [
        ProxyHeader(client: endpoint("192.0.2.7", 50_001), server: endpoint("198.51.100.1", 25)),
        ProxyHeader(client: endpoint("2001:db8::7", 1), server: endpoint("2001:db8::25", 65_535)),
        ProxyHeader(),
    ]

    private static func endpoint(_ address: String, _ port: UInt16) -> Endpoint {
        Endpoint(address: IPAddress(address), port: port)
    }

    @Test(arguments: headers, ProxyHeader.Version.allCases)
    func whatIsWrittenIsReadHoweverItIsCut(_ header: ProxyHeader, _ version: ProxyHeader.Version) {
        let octets = header.octets(version)
        for end in 0..<octets.count { #expect(ProxyHeader.read(Array(octets[..<end])) == .incomplete) }
        #expect(ProxyHeader.read(octets + Array("EHLO\r\n".utf8)) == .header(header, length: octets.count))
    }

    @Test func theTextIsTheSpecifications() {
        #expect(
            String(decoding: Self.headers[0].octets(.one), as: UTF8.self)
                == "PROXY TCP4 192.0.2.7 198.51.100.1 50001 25\r\n")
    }

    @Test(arguments: [
        "EHLO there\r\n", "PROXY TCP4 1.2.3.4\r\n", "PROXY TCP6 192.0.2.7 192.0.2.8 1 2\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.8 70000 2\r\n", "PROXY UNKNOWN\n", "\r\n\r\nX",
        "PROXY " + String(repeating: "x", count: 120),
    ])
    func whatIsNoHeaderIsRefused(_ text: String) {
        #expect(ProxyHeader.read(Array(text.utf8)) == .invalid)
    }

    @Test func aHeaderOfTheOtherSidesOwnNamesNobody() {
        let local: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x20, 0x11, 0, 12]
        #expect(
            ProxyHeader.read(local + [UInt8](repeating: 1, count: 12)) == .header(ProxyHeader(), length: 28))
    }
}
