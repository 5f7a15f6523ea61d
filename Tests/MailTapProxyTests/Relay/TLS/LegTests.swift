import MailTapCore
import Testing

@testable import MailTapProxy

/// Legs that differ, and handshakes that fail.
@Suite struct LegTests {
    private static let leg = SwitchTests.leg

    @Test func theGoAheadBecomesARefusalWhereTheServersLegFails() {
        let book = SwitchTests.book()
        book.given(.server, says: "220 mx ESMTP\r\n")
        book.given(.client, says: "STARTTLS\r\n")
        _ = book.hears(.client)
        book.given(.server, says: "220 go\r\n")
        _ = book.notes()
        book.given(.tlsFailed(.server, HandshakeFailure(reason: "the certificate expired on 2024-01-01")))
        let said = book.hears(.client)
        #expect(
            said == "421 4.7.0 MailTap: TLS with mail.example.org:25 failed: the certificate expired on 2024-01-01\r\n")
        let notes = book.notes()
        #expect(notes.contains(.forwarded(StreamRange(.server, 14, 22), Array(said.utf8))))
        #expect(book.recorded[.server] == Array("220 mx ESMTP\r\n220 go\r\n".utf8))
        #expect(book.does().contains(.closeOutput(.client)))
        book.given(.closed(.server, .reset))
        book.given(.client, says: "QUIT\r\n")
        #expect(book.hears(.server) == "STARTTLS\r\n", "nothing goes to a server that is gone")
        book.given(.closed(.client, .finished))
        #expect(book.does().contains(.end))
    }

    @Test func underImplicitTLSTheClientIsToldInside() {
        let book = SwitchTests.book(.follow(implicit: true), scheme: .smtps)
        book.given(.client, says: SwitchTests.hello)
        book.given(.tlsFailed(.server, HandshakeFailure(reason: "what came is no TLS")))
        #expect(book.hears(.client) == "")
        book.given(.closed(.server, .reset))
        book.given(.tlsDone(.client, Self.leg))
        #expect(book.hears(.client).hasPrefix("421 4.7.0 MailTap: TLS with mail.example.org:465 failed"))
    }

    @Test func aServerThatCantBeReachedIsToldInsideToo() {
        var settings = RelaySettings(server: MailURL(scheme: .pop3s, host: "mail.example.org"))
        settings.tls = .follow(implicit: true)
        let book = Playbook(settings)
        book.given(.connectFailed("connection refused"))
        book.given(.client, says: SwitchTests.hello)
        book.given(.tlsDone(.client, Self.leg))
        #expect(book.hears(.client).hasPrefix("-ERR [SYS/TEMP] MailTap: can't reach mail.example.org:995"))
    }

    @Test func aClientThatFailsEndsTheSession() {
        let book = SwitchTests.book(.follow(implicit: true), scheme: .smtps)
        book.given(.client, says: SwitchTests.hello)
        book.given(.tlsDone(.server, Self.leg))
        _ = book.notes()
        book.given(.tlsFailed(.client, HandshakeFailure(reason: "the peer's alert: unknown ca", shown: "CN=x")))
        let notes = book.notes()
        #expect(
            notes.contains {
                if case .trouble(let trouble) = $0 {
                    trouble.code == "tls-client-failed" && trouble.text.contains("CN=x")
                } else {
                    false
                }
            })
        #expect(notes.contains { if case .tls(let tls) = $0 { !tls.isDecrypted } else { false } })
        book.given(.closed(.client, .reset))
        book.given(.closed(.server, .finished))
        #expect(book.does().last == .end)
    }

    /// Where only the client's hello names the server.
    private static func asking() -> Playbook {
        var settings = RelaySettings(server: MailURL(scheme: .submission, host: "192.0.2.25"))
        settings.tls = .follow(implicit: false)
        settings.asksClientFirst = true
        let book = Playbook(settings)
        book.given(.connected)
        book.given(.server, says: "220 mx ESMTP\r\n")
        book.given(.client, says: "STARTTLS\r\n")
        _ = (book.hears(.client), book.does())
        book.given(.server, says: "220 go\r\n")
        return book
    }

    @Test func theClientsNameGoesOnWhereTheRouteHasAnAddress() {
        let book = Self.asking()
        #expect(book.hears(.client) == "220 go\r\n")
        #expect(book.does().isEmpty, "the server's leg waits for the client's hello")
        for octet in SwitchTests.namedHello { book.given(.client, says: [octet]) }
        let opening = TLSOpening(serverName: "mail.example.org", applicationProtocols: ["smtp"])
        #expect(book.does().contains(.startTLS(.server, opening)))
        book.given(.tlsDone(.server, Self.leg))
        let starts = book.does().contains {
            if case .startTLS(.client, let opening) = $0 { opening.octets == SwitchTests.namedHello } else { false }
        }
        #expect(starts)
        book.given(.tlsDone(.client, Self.leg))
        book.given(.client, says: "QUIT\r\n")
        #expect(book.hears(.server) == "STARTTLS\r\nQUIT\r\n")
    }

    @Test func aClientThatHasItsGoAheadIsToldInsideTLS() {
        let book = Self.asking()
        book.given(.client, says: SwitchTests.namedHello)
        book.given(.tlsFailed(.server, HandshakeFailure(reason: "the certificate is self-signed")))
        #expect(book.hears(.client) == "220 go\r\n")
        book.given(.tlsDone(.client, Self.leg))
        #expect(book.hears(.client).hasPrefix("421 4.7.0 MailTap: TLS with 192.0.2.25:587 failed"))
        #expect(book.recorded[.server]?.starts(with: "220 mx ESMTP\r\n220 go\r\n421 4.7.0".utf8) == true)
    }

    @Test func aServerThatFloodsIsNotReadUntilTheClientSpeaks() {
        let book = Self.asking()
        for _ in 0..<3 { book.given(.server, says: [22] + [UInt8](repeating: 3, count: 40_000)) }
        #expect(!book.reads(.server))
        book.given(.client, says: SwitchTests.namedHello)
        #expect(book.reads(.server))
    }

    @Test func clearClientToAServerUnderSTARTTLS() {
        let book = SwitchTests.book(.each(client: .none, server: .starttls), scheme: .submission)
        for piece in Array("220 mx ESMTP\r\n".utf8).cut(3) { book.given(.server, says: piece) }
        #expect(book.hears(.server) == "EHLO [127.0.0.1]\r\n")
        #expect(book.hears(.client) == "")
        book.given(.server, says: "250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n")
        #expect(book.hears(.server) == "STARTTLS\r\n")
        book.given(.server, says: "220 go\r\n")
        book.given(.tlsDone(.server, Self.leg))
        #expect(book.hears(.client) == "220 mx ESMTP\r\n")
        let recorded = "220 mx ESMTP\r\n250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n220 go\r\n"
        #expect(book.recorded[.server] == Array(recorded.utf8))
        _ = book.notes()
        book.given(.client, says: "EHLO me\r\n")
        book.given(.server, says: "250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n")
        #expect(book.hears(.client) == "250-mx\r\n250 SIZE\r\n")
        let base = UInt64(recorded.utf8.count)
        #expect(book.notes() == [.forwarded(StreamRange(.server, base + 8, base + 22), [])])
    }

    @Test func aServerWithoutTheOfferIsGivenUp() {
        let book = SwitchTests.book(.each(client: .none, server: .starttls), scheme: .submission)
        book.given(.server, says: "220 mx ESMTP\r\n")
        book.given(.server, says: "250 mx\r\n")
        #expect(book.hears(.client).contains("the server does not offer STARTTLS"))
    }

    @Test(arguments: [1, 4, 100])
    func mailTapOffersTLSInTheServersPlace(step: Int) {
        let lists = [
            ("250-mx\r\n250 SIZE\r\n", "250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n"),
            ("250 mx\r\n", "250-mx\r\n250 STARTTLS\r\n"),
            ("250-mx\r\n250 STARTTLS\r\n", "250-mx\r\n250 STARTTLS\r\n"),
            ("502 what\r\n", "502 what\r\n"),
        ]
        for (list, expected) in lists {
            let book = SwitchTests.book(.each(client: .starttls, server: .none))
            book.given(.server, says: "220 mx ESMTP\r\n")
            book.given(.client, says: "EHLO me\r\n")
            _ = book.hears(.client)
            for piece in Array(list.utf8).cut(step) { book.given(.server, says: piece) }
            #expect(book.hears(.client) == expected)
        }
    }

    @Test func mailTapAgreesInTheServersPlace() {
        let book = SwitchTests.book(.each(client: .starttls, server: .none), scheme: .pop3)
        book.given(.server, says: "+OK ready\r\n")
        book.given(.client, says: "CAPA\r\n")
        book.given(.server, says: "+OK\r\nTOP\r\n.\r\n")
        #expect(book.hears(.client) == "+OK ready\r\n+OK\r\nTOP\r\nSTLS\r\n.\r\n")
        book.given(.client, says: "STLS\r\n")
        #expect(book.hears(.client).hasPrefix("+OK"))
        #expect(book.hears(.server) == "CAPA\r\n")
        book.given(.client, says: SwitchTests.hello)
        book.given(.tlsDone(.client, Self.leg))
        book.given(.client, says: "USER a\r\n")
        #expect(book.hears(.server) == "USER a\r\n")
        book.given(.server, says: "+OK\r\n")
        #expect(book.hears(.client) == "+OK\r\n")
        book.given(.client, says: "CAPA\r\n")
        book.given(.server, says: "+OK\r\nSTLS\r\n.\r\n")
        #expect(book.hears(.client) == "+OK\r\n.\r\n")
    }

    @Test(
        arguments: [
            (nil, nil, false, TLSPlan.follow(implicit: false)), (nil, nil, true, .follow(implicit: true)),
            (LegTLS.none, nil, true, .each(client: .none, server: .implicit)),
            (LegTLS.none, LegTLS.starttls, false, .each(client: .none, server: .starttls)),
            (LegTLS.starttls, nil, false, .follow(implicit: false)),
            (LegTLS.starttls, nil, true, .each(client: .starttls, server: .implicit)),
            (nil, LegTLS.implicit, false, .follow(implicit: true)),
            (nil, LegTLS.none, true, .each(client: .none, server: .none)),
            (LegTLS.implicit, LegTLS.none, true, .each(client: .implicit, server: .none)),
        ] as [(LegTLS?, LegTLS?, Bool, TLSPlan)])
    func plansFollowTheOptions(client: LegTLS?, server: LegTLS?, isImplicit: Bool, plan: TLSPlan) {
        #expect(TLSPlan(client: client, server: server, isImplicit: isImplicit) == plan)
    }
}
