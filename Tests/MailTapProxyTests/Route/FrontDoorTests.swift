import MailTapCore
import Testing

@testable import MailTapProxy

/// Where sessions lead whose clients say, or said, where they want to go.
@Suite struct FrontDoorTests {
    static let listen = ListenAddress(port: 1080)
    static let address = IPAddress(v4: 0xC000_0219)

    @Test(arguments: MailURL.Scheme.allCases) func theStandardPortTellsTheScheme(_ scheme: MailURL.Scheme) {
        let route = FrontDoor.socks(listen: Self.listen, login: nil)
            .route(to: Endpoint(address: nil, port: scheme.defaultPort, name: "mail.example.org"))
        #expect(route.server.scheme == (scheme == .smtpMX ? .smtp : scheme))
        #expect(route.server.host == "mail.example.org")
        #expect(!route.isGuess)
    }

    @Test func anotherPortTellsNothing() {
        let route = FrontDoor.redirected(listen: Self.listen, server: nil)
            .route(to: Endpoint(address: Self.address, port: 4_711))
        #expect(route.isGuess)
        #expect(route.server == MailURL(scheme: .submission, host: "192.0.2.25", port: 4_711))
        #expect(route.text == "127.0.0.1:1080=transparent 192.0.2.25:4711")
    }

    @Test func ofANamedServerSchemeAndNameCount() throws {
        let named = try MailURL(parsing: "pop3s://mail.example.org:1")
        let route = FrontDoor.redirected(listen: Self.listen, server: named)
            .route(to: Endpoint(address: Self.address, port: 4_711))
        #expect(route.server == MailURL(scheme: .pop3s, host: "192.0.2.25", port: 4_711))
        #expect(route.serverName == "mail.example.org")
        #expect(!route.isGuess)
    }

    @Test func whatIsAnnouncedStandsForAllServers() throws {
        let route = try Route(parsing: "2525=smtp://mail.example.org")
        #expect(FrontDoor.route(route).description == "2525=smtp://mail.example.org")
        #expect(FrontDoor.socks(listen: Self.listen, login: nil).description == "127.0.0.1:1080=socks5")
        #expect(FrontDoor.redirected(listen: Self.listen, server: nil).urlText == "transparent")
    }
}
