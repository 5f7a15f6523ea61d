import MailTapAnalysis
import MailTapCore
import MailTapExport
import Testing

@Suite struct FindingReportTests {
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
