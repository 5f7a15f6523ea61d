import MailTapAnalysis
import MailTapCore
import MailTapTesting
import Testing

/// Which exchanges count as under TLS: those of the client's own leg.
@Suite struct LegTests {
    private static let known = TLSMark.Leg(version: "TLSv1.3")

    /// A session in which TLS begins with these legs between the greeting and EHLO.
    private func exchanges(
        _ client: TLSMark.Leg, _ upstream: TLSMark.Leg?, start: TLSMark.Start = .starttls, ofProxy: String? = nil
    ) -> [Bool] {
        let builder = SessionBuilder(.test)
        var time = Timestamp(nanoseconds: 1)
        func say(_ text: String, from side: Side) {
            time = time.advanced(by: 1)
            builder.receive(Array(text.utf8).span.bytes, from: side, at: time)
        }
        say("220 mx.example.org ESMTP\r\n", from: .server)
        if let ofProxy {
            builder.mark(.injected(StreamRange(.client, 0, UInt64(ofProxy.utf8.count))), at: time)
            say(ofProxy, from: .client)
            say("220 go\r\n", from: .server)
        }
        builder.mark(
            .tls(TLSMark(start: start, isDecrypted: true, client: client, upstream: upstream)), at: time)
        say("EHLO client.example\r\n", from: .client)
        say("250 mx.example.org\r\n", from: .server)
        builder.end(at: time)
        return builder.session.exchanges.map(\.isEncrypted)
    }

    @Test func theServersLegAloneIsNotTheClients() {
        #expect(exchanges(TLSMark.Leg(), Self.known) == [false, false])
    }

    @Test func whatTheProxySaidToTheServerIsNoneOfTheClients() {
        #expect(
            exchanges(Self.known, Self.known, start: .implicit, ofProxy: "STARTTLS\r\n") == [true, false, true],
            "the greeting goes on to the client under its TLS, which began first")
    }

    @Test func theClientsLegCountsWithAndWithoutTheServers() {
        #expect(exchanges(Self.known, Self.known) == [false, true])
        #expect(exchanges(Self.known, nil) == [false, true])
        #expect(exchanges(TLSMark.Leg(), nil) == [false, true], "what a capture tells nothing of is one leg")
    }
}
