import MailTapCore
import Testing

@testable import MailTapAnalysis

/// No sentence about a session tells a credential, wherever it stood.
@Suite struct RepeatedSecretTests {
    private static let bearer = """
        S: 220 mx.example.org ESMTP
        C: EHLO client.example.org
        S: 250-mx.example.org
        S: 250 AUTH XOAUTH2
        C: AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIGh1bnRlcjIyAQE=
        S: 334 eyJzdGF0dXMiOiI0MDEiLCJzY29wZSI6Imh1bnRlcjIyIn0=
        C:
        S: 535 5.7.8 token hunter22 is bad
        C: NOOP hunter22
        S: 250 ok
        C: QUIT
        S: 221 bye

        """

    /// {"scope":"..."}, the token behind escapes of JSON.
    private static let escaped =
        "eyJzY29wZSI6Ilx1MDA2OFx1MDA3NVx1MDA2ZVx1MDA3NFx1MDA2NVx1MDA3Mlx1MDAzMlx1MDAzMiJ9"

    @Test(arguments: [
        bearer,
        bearer.replacing("eyJzdGF0dXMiOiI0MDEiLCJzY29wZSI6Imh1bnRlcjIyIn0=", with: escaped),
        "S: 220 mx ESMTP\nC: XCLIENT LOGIN=bob PASSWORD=HUNTER22\nS: 250 ok\nC: QUIT\nS: 221 bye\n",
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS\nC: HUNTER22\nS: -ERR no\nS: -ERR what\nC: QUIT\nS: +OK\n",
        "S: +OK ready\nC: \"PASS\" hunter22\nS: -ERR no\nC: APOP hunter22\nS: -ERR no\nC: AUTH HUNTER22\nS: -ERR no\n",
        "S: +OK ready\nC: FROB\nC: HUNTER22\nS: -ERR no\nS: -ERR no\nC: QUIT\nS: +OK\n",
    ]) func nothingTellsIt(_ dialogue: String) throws {
        let session = try #require(DialogueSessions.read(dialogue).first)
        let sentences = session.findings.map(\.text) + session.exchanges.compactMap(\.note)
        #expect(!sentences.isEmpty)
        for sentence in sentences { #expect(!sentence.uppercased().contains("HUNTER22"), "\(sentence)") }
        #expect(LoginName.of(session)?.uppercased() != "HUNTER22")
    }

    @Test func aChallengeThatRepeatsATokenIsNoBadBase64() throws {
        let session = try #require(DialogueSessions.read(Self.bearer).first)
        #expect(!session.findings.contains { $0.rule == "smtp.bad-base64" })
        let note = session.exchanges[2].note ?? ""
        #expect(note.hasSuffix("The server refuses the token and repeats it; an empty response ends it"))
    }
}
