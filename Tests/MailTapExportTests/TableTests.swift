import Foundation
import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapExport

@Suite struct TableTests {
    private let items = [Samples.smtp, Samples.pop3, Samples.hostile].map { ExportItem(session: $0) }

    @Test func `the list is aligned`() {
        let lines = Samples.export(SessionList(.text, ExportOptions(width: 200)), items).split(separator: "\n")
        #expect(
            lines.map(String.init) == [
                "#  STARTED (UTC)        SECONDS  PROTOCOL  CLIENT           SERVER               MESSAGES  OCTETS  ENDING  REFUSED  WHAT",
                "1  2026-11-23 06:01:02    0.412  smtp      192.0.2.7:50112  mail.example.org:25         1    1267  quit    1        test: a@example.org -> b@example.net, 1 refused",
                "2  2026-11-23 06:01:02    0.052  pop3+tls  192.0.2.7:50112  mail.example.org:25         1       0  quit    -",
                "3  2026-11-23 06:01:02    0.000  unknown   192.0.2.7:50112  mail.example.org:25         1       0  open    1",
            ])
        #expect(Samples.export(SessionList(.text), []).isEmpty)
    }

    @Test func `the list is JSON too`() throws {
        let text = Samples.export(SessionList(.json), items)
        let array = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(array.map { $0["session"] as? Int } == [1, 2, 3])
        #expect(array.first?["user"] as? String == "test")
        let lines = Samples.export(SessionList(.ndjson), items).split(separator: "\n")
        #expect(lines.count == 3)
    }

    @Test(arguments: [
        ([("AUTH", "AUTH PLAIN AHRlc3QAc2VjcmV0")], "test"),
        ([("AUTH", "AUTH PLAIN"), ("*auth", "AHRlc3QAc2VjcmV0")], "test"),
        ([("AUTH", "AUTH LOGIN"), ("*auth", "dGVzdA=="), ("*auth", "c2VjcmV0")], "test"),
        ([("AUTH", "auth login dGVzdA=="), ("*auth", "c2VjcmV0")], "test"),
        (
            [("AUTH", "AUTH CRAM-MD5"), ("*auth", "am9lIHVzZXIgMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")],
            "joe user"
        ),
        ([("USER", "USER joe"), ("PASS", "PASS secret")], "joe"), ([("APOP", "APOP joe 0011")], "joe"),
        ([("AUTH", "AUTH PLAIN !!!!")], nil), ([("AUTH", "AUTH NTLM dGVzdA==")], nil), ([("USER", "USER")], nil),
    ])
    func `who logged in is read from the dialogue`(commands: [(String, String)], user: String?) {
        var session = Samples.smtp
        session.exchanges = commands.map { Samples.exchange(0, $0.0, $0.1, 250) }
        #expect(LoginName.of(session) == user)
    }

    @Test func `a login that failed names nobody`() {
        var session = Samples.smtp
        session.exchanges = [Samples.exchange(0, "AUTH", "AUTH PLAIN AHRlc3QAc2VjcmV0", 535)]
        #expect(SessionSummary(session).user == nil)
        session.exchanges.append(Samples.exchange(0, "AUTH", "AUTH PLAIN AHRlc3QAc2VjcmV0", 235))
        #expect(SessionSummary(session).user == "test")
    }

    @Test func `the envelope is told even where no content came`() {
        var session = Samples.smtp
        session.messages = []
        let summary = SessionSummary(session)
        #expect(summary.from == "a@example.org")
        #expect(summary.recipients == ["b@example.net"])
        #expect(summary.refused == ["nobody@example.net"])
    }

    @Test func `a table has one record per exchange`() {
        let text = Samples.export(CSVExport(), items)
        let exchanges = items.reduce(0) { $0 + $1.session.exchanges.count }
        #expect(text.components(separatedBy: "\r\n").count == exchanges + 2)
        #expect(text.contains(#","Start a mail from a@example.org, 1200 octets declared (RFC 1870)","#))
    }

    @Test(arguments: [
        ("=1+1", "'=1+1"), ("+OK", "'+OK"), ("-1", "-1"), ("-0.5", "-0.5"), ("@x", "'@x"),
        ("a,\"b\"", "\"a,\"\"b\"\"\""),
        ("a\r\nb", "a^M^Jb"), ("\t=x", "^I=x"), ("", ""), ("-", "'-"),
    ])
    func `no cell is a formula`(field: String, cell: String) {
        var out: [UInt8] = []
        CSV.append([field, "x"], to: &out)
        #expect(String(decoding: out, as: UTF8.self) == cell + ",x\r\n")
    }
}
