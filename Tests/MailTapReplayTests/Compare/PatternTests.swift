import MailTapAnalysis
import MailTapCore
import MailTapReplay
import Testing

@Suite struct PatternTests {
    /// A dialogue file's first session.
    private func expectation(_ text: String) -> RecordedSession {
        let file = DialogueFileReader.read([UInt8](text.utf8), source: "test")
        #expect(file.errors.isEmpty)
        return RecordedSession(file.sessions.first?.trace ?? trace(""))
    }

    private func kinds(_ expected: String, _ came: String, _ mode: Comparison.Mode = .semantic) -> [Difference.Kind] {
        Comparison(mode: mode).compare(expectation(expected), with: expectation(came)).differences.map(\.kind)
    }

    private func mail(_ reply: String) -> String { "S: 220 a\nC: NOOP\nS: \(reply)\nC: QUIT\nS: 221 b" }

    @Test(
        arguments: [
            ("250 2.0.0 {any}", "250 2.0.0 Ok", []), ("250 2.0.0 {any}", "250 2.0.1 Ok", [.enhanced]),
            ("250 2.0.0 {any}", "550 2.0.0 Ok", [.status]), ("{2xx} {any}", "251 x", []),
            ("{250|251} {any}", "252 x", [.status]), ("250 queued as {word}", "250 queued as A1", []),
            ("250 queued as {word}", "250 queued as A 1", [.text]), ("250 {number} left", "250 12 left", []),
            ("250 {number} left", "250 x left", [.text]), ("250 {re [A-Z]+[0-9]} \\{a}.*", "250 AB1 \\{a}.*", []),
            ("250 {re [A-Z]+[0-9]} \\{a}.*", "250 AB1 \\{a}.", [.text]), ("250 {any}", "250 5.1.1 whatever", []),
            ("250 text", "250 another", []),
        ] as [(String, String, [Difference.Kind])])
    func `a reply may vary where its pattern says`(expected: String, came: String, differences: [Difference.Kind]) {
        #expect(kinds(mail(expected), mail(came)) == differences)
        #expect(kinds(mail(expected), mail(came), .status) == differences.filter { $0 == .status })
    }

    @Test func `a line that takes a pattern too many steps is a difference that says so`() {
        let expected = expectation(mail("250 {re (a+)+}!"))
        let long = expectation(mail("250 " + String(repeating: "a", count: 80) + "!?"))
        let differences = Comparison().compare(expected, with: long).differences
        #expect(differences.map(\.kind) == [.text])
        #expect(differences.first?.why.contains("takes too many steps") == true)
        #expect(Comparison().compare(expected, with: expectation(mail("250 aaa!"))).isSame)
    }

    @Test func `literal lines count beside patterns only where all counts`() {
        let expected = mail("250-first\nS: 250-{lines}\nS: 250 last {any}")
        #expect(kinds(expected, mail("250-other\nS: 250 last one")) == [])
        #expect(kinds(expected, mail("250-first\nS: 250-a\nS: 250-b\nS: 250 last one"), .exact) == [])
        #expect(kinds(expected, mail("250-other\nS: 250 last one"), .exact) == [.text])
        #expect(kinds(expected, mail("250-first\nS: 250-a\nS: 250 least")) == [.text])
    }

    @Test func `capabilities may vary where their pattern says`() {
        func hello(_ lines: String) -> String { "S: 220 a\nC: EHLO c\nS: \(lines)\nC: QUIT\nS: 221 b" }
        let came = hello("250-mx\nS: 250-SIZE 1000\nS: 250-DSN\nS: 250 PIPELINING")
        #expect(kinds(hello("250-mx\nS: 250-SIZE {number}\nS: 250-PIPELINING\nS: 250 DSN"), came) == [])
        #expect(kinds(hello("250-{any}\nS: 250-PIPELINING\nS: 250 {lines}"), came) == [])
        #expect(kinds(hello("250 {lines}"), came) == [])
        #expect(kinds(hello("250-mx\nS: 250-STARTTLS\nS: 250 {lines}"), came) == [.capability])
        #expect(
            kinds(hello("250-mx\nS: 250-SIZE {number}\nS: 250-X-{any}\nS: 250-DSN\nS: 250 PIPELINING"), came)
                == [.capability])
        #expect(kinds(hello("250-mx\nS: 250-SIZE 2000\nS: 250 {lines}"), came) == [.capability])
    }

    @Test func `listings and fetched messages may vary where their pattern says`() {
        func drop(_ list: String, _ mail: String) -> String {
            "S: +OK\nC: LIST\nS: +OK\n\(list)\nS: .\nC: RETR 1\nS: +OK\n\(mail)\nS: .\nC: QUIT\nS: +OK"
        }
        let expected = drop("S: 1 {number}", "S: Subject: {any}\nS: X-Id: {number}\nS: \nS: ..text {any}\nS: {lines}")
        let came = drop("S: 1 77", "S: Subject: a b\nS: X-Id: 12\nS: \nS: ..text 1\nS: more")
        #expect(kinds(expected, came) == [])
        #expect(kinds(expected, came.replacing("Id: 12", with: "Id: x")) == [.messageSize])
        #expect(kinds(expected, came.replacing("1 77", with: "2 77")) == [.text])
    }
}
