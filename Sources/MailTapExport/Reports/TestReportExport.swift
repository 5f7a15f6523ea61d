import MailTapAnalysis
import MailTapCore

/// `junit`, `tap`: each session a test that its findings fail.
public struct TestReportExport: Exporter {
    private let format: TestReportFormat
    private let severity: Severity
    private var outcomes: [TestOutcome] = []

    /// A report in which findings at or above `options.failingFrom` are failures.
    public init(_ format: TestReportFormat, _ options: ExportOptions = ExportOptions()) {
        self.format = format
        severity = options.failingFrom
    }

    /// Keeps the outcome of one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        outcomes.append(TestOutcome(item.session, failingFrom: severity))
    }

    /// Writes the report.
    public mutating func end(into out: inout [UInt8]) {
        format.append(outcomes, name: "mailtap check", to: &out)
        outcomes = []
    }
}
