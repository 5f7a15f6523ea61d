import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapReplay

@Suite struct RewritingTests {
    @Test(arguments: [
        ("a=bc", "xaxax", "xbcxbcx"), ("old=", "an old hat", "an  hat"), ("/[0-9]+/=#", "a1b22", "a#b#"),
        ("/(\\w+)@(\\w+)/=$2 at $1$9", "x a@b y", "x b at a$9 y"), ("t=t{n}", "t", "t7"), ("a=b=c", "a", "b=c"),
        ("/a/b/=c", "a/b", "c"),
    ])
    func `a rule replaces every match`(rule: String, text: String, result: String) throws {
        let rule = try #require(RewriteRule(parsing: rule))
        #expect(String(decoding: rule.apply(to: [UInt8](text.utf8), number: 7), as: UTF8.self) == result)
    }

    @Test(arguments: ["", "=x", "a", "/(/=x", "//=x"]) func `others are none`(text: String) {
        #expect(RewriteRule(parsing: text) == nil)
    }

    @Test func `octets that are no text stay`() throws {
        let rule = try #require(RewriteRule(parsing: "/b+/=c"))
        #expect(rule.apply(to: [0xFF, 0x62, 0x62, 0xE4, 0x0D, 0x0A], number: 1) == [0xFF, 0x63, 0xE4, 0x0D, 0x0A])
    }

    @Test func `what LMTP says to each recipient follows the rule`() throws {
        let script = """
            S: 220 mx
            C: LHLO me
            S: 250 mx
            C: MAIL FROM:<a@old.example>
            S: 250 2.1.0 ok
            C: RCPT TO:<b@old.example>
            S: 250 2.1.5 ok
            C: RCPT TO:<c@old.example>
            S: 250 2.1.5 ok
            C: DATA
            S: 354 go
            C: old
            C: .
            S: 250 2.0.0 <b@old.example> saved
            S: 550 5.2.2 <c@old.example> is full
            C: QUIT
            S: 221 bye
            """
        let new = recording(script).rewritten(by: [try #require(RewriteRule(parsing: "old=newer"))], number: 1)
        let message = try #require(new.session.messages.first)
        #expect(message.to == ["b@newer.example"])
        #expect(message.rejected == ["c@newer.example"])
        let replies = new.session.exchanges.flatMap(\.furtherReplies).map { $0.lines.map { $0.text().text } }
        #expect(replies == [["5.2.2 <c@newer.example> is full"]])
        let said = recording(script.replacing("old", with: "newer"))
        #expect(Comparison(mode: .exact).compare(new, with: said).differences == [])
        #expect(Comparison(mode: .exact).compare(recording(script), with: said).differences != [])
    }

    @Test func `sizes follow the mail, and what is expected follows the rule`() throws {
        let script = """
            S: 220 mx.old.example
            C: EHLO old.example
            S: 250 mx.old.example
            C: AUTH PLAIN AG9sZABvbGQ=
            S: 235 ok
            C: MAIL FROM:<a@old.example> SIZE=24
            S: 250 2.1.0 <a@old.example> ok
            C: RCPT TO:<b@old.example>
            S: 250 2.1.5 ok
            C: BDAT 8
            C! old\\r\\nold
            S: 250 ok
            C: BDAT 16 LAST
            C! 012345678 old!\\r\\n
            S: 250 ok
            C: QUIT
            S: 221 bye
            """
        let recorded = recording(script)
        let new = recorded.rewritten(by: [try #require(RewriteRule(parsing: "old=newer"))], number: 1)
        let lines = new.session.exchanges.map { $0.command?.line.text(revealing: true).text ?? "" }
        #expect(
            lines == [
                "", "EHLO newer.example", "AUTH PLAIN AG9sZABvbGQ=", "MAIL FROM:<a@newer.example> SIZE=30",
                "RCPT TO:<b@newer.example>", "BDAT 8", "BDAT 22 LAST", "QUIT",
            ])
        let message = try #require(new.session.messages.first)
        #expect(message.bytes == 30)
        #expect(message.from == "a@newer.example")
        #expect(message.to == ["b@newer.example"])
        #expect(new.content(of: 0).map { String(decoding: $0, as: UTF8.self) } == "newer\r\nnewer012345678 newer!\r\n")
        // The same as if it had been said so.
        #expect(Comparison().compare(new, with: new).isSame)
        #expect(Comparison().compare(recorded, with: new).differences.contains { $0.kind == .envelope })
    }
}
