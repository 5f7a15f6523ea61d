import MailTapCore
import Testing

@testable import MailTapAnalysis

/// What answers of few lines and of thousands offer, asked in the same words.
@Suite struct OffersTests {
    private func offers(_ lines: [String]) -> Offers { Offers(lines.map { WireText([UInt8]($0.utf8)) }[...]) }

    /// As many as make no difference to what is asked for below.
    private static let filler = (0..<200).map { "X-\($0) a" }

    @Test(arguments: [[], filler]) func areTheSameHoweverMany(_ more: [String]) {
        let offers = offers(
            ["size 100", "AUTH PLAIN login"] + more + [
                "AUTH=PLAIN XOAUTH2", "DELIVERBY 240", "deliverby 10", "UTF8 user",
            ])
        #expect(offers.capability("DELIVERBY")?.arguments == ["240"])
        #expect(offers.capability("BINARYMIME") == nil)
        #expect(Set(offers.mechanisms("AUTH")) == ["PLAIN", "LOGIN", "XOAUTH2"])
        #expect(offers.offers("XOAUTH2", behind: "AUTH") && !offers.offers("XOAUTH2", behind: "SASL"))
        #expect(offers.auth?.arguments == ["PLAIN", "login"])
        #expect(offers.known.isSuperset(of: [.size, .auth, .popUTF8, .utf8Names]) && offers.sizeLimit == 100)
        #expect(offers.limits == nil)
    }

    @Test func namesOfManyKeywordsStandOnceEach() {
        let offers = offers(Self.filler + Self.filler)
        #expect(offers.capabilities.map(\.keyword) == (0..<200).map { "X-\($0)" })
    }

    @Test func whatVanishedUnderTLSIsFoundAmongMany() throws {
        let clear = Self.filler.map { "S: 250-\($0)" }.joined(separator: "\n")
        let under = Self.filler.dropFirst(2).map { "S: 250-\($0)" }.joined(separator: "\n")
        let sessions = DialogueSessions.read(
            "S: 220 a ESMTP\nC: EHLO c\nS: 250-a\n\(clear)\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n"
                + "-- tls starttls decrypted version=TLSv1.3\nC: EHLO c\nS: 250-a\n\(under)\nS: 250 NEW\n")
        let session = try #require(sessions.first)
        let overview = SessionOverview(of: session)
        #expect(overview.vanished == ["X-0", "X-1", "STARTTLS"] && overview.appeared == ["NEW"])
        #expect(session.findings.first { $0.rule == "smtp.offer-lost-after-tls" }?.text == "No more offered: X-0, X-1")
    }
}
