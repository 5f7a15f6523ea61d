public import MailTapAnalysis
import MailTapCore

/// One thing that was checked, for reports that CI systems read.
public struct TestOutcome: Sendable, Equatable {
    /// Why it failed.
    public struct Failure: Sendable, Equatable {
        /// A stable word for the kind, such as a rule's id.
        public var kind: String
        /// One sentence.
        public var text: String
        /// More lines, or empty.
        public var detail: String

        /// A reason.
        public init(kind: String, text: String, detail: String = "") {
            self.kind = kind
            self.text = text
            self.detail = detail
        }
    }

    /// What it belongs to: an INPUT, a server.
    public var suite: String
    /// What was checked.
    public var name: String
    /// Nanoseconds that it took.
    public var duration: Int64
    /// What failed; empty where it passed.
    public var failures: [Failure]
    /// Why it was left out; nil where it was checked.
    public var skipped: String?

    /// An outcome.
    public init(suite: String, name: String, duration: Int64 = 0, failures: [Failure] = [], skipped: String? = nil) {
        self.suite = suite
        self.name = name
        self.duration = duration
        self.failures = failures
        self.skipped = skipped
    }

    /// The outcome of checking a session: its findings at or above `severity` are failures.
    public init(_ session: Session, failingFrom severity: Severity) {
        suite = session.info.source
        name =
            "session \(session.number) \(session.proto?.name ?? "unknown") \(TranscriptWords.endpoints(session.info))"
        duration = session.duration
        failures = session.findings.filter { $0.severity >= severity }.map { finding in
            Failure(
                kind: finding.rule, text: finding.text,
                detail: [
                    "\(finding.severity.rawValue), \(finding.aspect.rawValue)",
                    finding.exchange.map { "exchange \($0)" } ?? "", finding.reference,
                ]
                .filter { !$0.isEmpty }.joined(separator: "\n"))
        }
    }
}

/// The formats of test reports.
public enum TestReportFormat: String, Sendable, CaseIterable {
    /// JUnit's XML, as CI systems read it.
    case junit
    /// Test Anything Protocol, version 13.
    case tap

    /// Appends a whole report.
    public func append(_ outcomes: [TestOutcome], name: String, to out: inout [UInt8]) {
        switch self {
        case .junit: JUnitReport.append(outcomes, name: name, to: &out)
        case .tap: TAPReport.append(outcomes, to: &out)
        }
    }
}
