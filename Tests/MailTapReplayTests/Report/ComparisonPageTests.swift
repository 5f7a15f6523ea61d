import MailTapAnalysis
import MailTapReplay
import Testing

@Suite struct ComparisonPageTests {
    private static let script = "S: 220 mx\nC: EHLO me\nS: 250 mx\nC: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye"

    @Test func `both sides stand next to each other, and nothing is executed`() {
        let was = recording(Self.script)
        let now = recording(Self.script.replacing("S: 250 ok", with: "S: 550 <script>alert(1)</script>\\x1B[2J"))
        let report = ComparisonReport([Comparison().compare(was, with: now), Comparison().compare(was, with: was)])
        let page = ComparisonPage(report, title: "a \"test\" & more").html
        #expect(page.contains("<tr class=\"d\"><td>S: 250 ok</td><td class=\"m\">|</td><td>S: 550 &lt;script&gt;"))
        #expect(page.contains("status: the status is 550, not 250"))
        #expect(page.contains("session 2: smtp, the same: 4 exchanges"))
        #expect(page.contains("<title>a &quot;test&quot; &amp; more</title>"))
        #expect(!page.contains("<script"))
        #expect(page.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" })
    }
}
