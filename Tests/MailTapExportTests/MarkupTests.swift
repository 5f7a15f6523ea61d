import MailTapAnalysis
import MailTapCore
import MailTapExport
import Testing

@Suite struct MarkupTests {
    private func text(_ format: ExportFormat, _ session: Session, _ options: ExportOptions = ExportOptions()) -> String
    {
        var out: [UInt8] = []
        var exporter = format.makeExporter(options)
        exporter.begin(into: &out)
        exporter.session(
            ExportItem(session: session, contents: [Array("<script>alert(1)</script>\r\n".utf8)]), into: &out)
        exporter.end(into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private var hostile: Session {
        var session = Samples.smtp
        session.messages[0].content.subject = "</title><img src=x onerror=alert(1)>"
        session.info.source = "\"><script>x</script>"
        return session
    }

    @Test func nothingThatAPeerSaidBecomesMarkup() {
        let page = text(.html, hostile)
        #expect(page.contains("default-src 'none'; style-src 'unsafe-inline'"))
        #expect(!page.contains("<script"))
        #expect(!page.contains("<img"))
        #expect(page.contains("&lt;script&gt;alert(1)"))
        #expect(!page.contains("http://") && !page.contains("https://"))
    }

    @Test(arguments: [ExportFormat.html, .markdown, .mermaid, .sarif, .junit, .tap])
    func secretsAreMasked(_ format: ExportFormat) {
        #expect(!text(format, Samples.smtp).contains("AHRlc3QAc2VjcmV0"))
    }

    @Test func findingsFailTestsFromTheirSeverityOn() {
        var session = Samples.smtp
        session.findings = [
            Finding(
                rule: "smtp.sample", aspect: .syntax, severity: .warning, side: nil, exchange: 1, text: "a < b",
                reference: "RFC 5321")
        ]
        var options = ExportOptions()
        #expect(text(.tap, session, options).contains("\nok 1 - "))
        #expect(text(.junit, session, options).contains("failures=\"0\""))
        options.failingFrom = .warning
        #expect(text(.tap, session, options).contains("\nnot ok 1 - "))
        let junit = text(.junit, session, options)
        #expect(junit.contains("failures=\"1\"") && junit.contains("a &lt; b"))
        #expect(text(.sarif, session).contains("\"ruleId\":\"smtp.sample\""))
    }
}
