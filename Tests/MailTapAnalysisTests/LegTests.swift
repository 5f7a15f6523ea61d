import MailTapAnalysis
import MailTapCore
import MailTapTesting
import Testing

/// Which exchanges count as under TLS: those of the client's own leg.
@Suite struct LegTests {
    private static let known = TLSMark.Leg(version: "TLSv1.3")

    /// A session in which TLS begins with these legs between the greeting and EHLO.
    private func exchanges(_ client: TLSMark.Leg, _ upstream: TLSMark.Leg?) -> [Bool] {
        let builder = SessionBuilder(.test)
        var time = Timestamp(nanoseconds: 1)
        func say(_ text: String, from side: Side) {
            time = time.advanced(by: 1)
            builder.receive(Array(text.utf8).span.bytes, from: side, at: time)
        }
        say("220 mx.example.org ESMTP\r\n", from: .server)
        builder.mark(
            .tls(TLSMark(start: .starttls, isDecrypted: true, client: client, upstream: upstream)), at: time)
        say("EHLO client.example\r\n", from: .client)
        say("250 mx.example.org\r\n", from: .server)
        builder.end(at: time)
        return builder.session.exchanges.map(\.isEncrypted)
    }

    @Test func theServersLegAloneIsNotTheClients() {
        #expect(exchanges(TLSMark.Leg(), Self.known) == [false, false])
    }

    @Test func theClientsLegCountsWithAndWithoutTheServers() {
        #expect(exchanges(Self.known, Self.known) == [false, true])
        #expect(exchanges(Self.known, nil) == [false, true])
        #expect(exchanges(TLSMark.Leg(), nil) == [false, true], "what a capture tells nothing of is one leg")
    }
}
