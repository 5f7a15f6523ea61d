import ArgumentParser
import MailTapAnalysis
import MailTapCore
import MailTapExport
import MailTapReplay

/// `--format` of `replay` and `diff`.
enum ComparisonFormat: String, CaseIterable {
    case text, json, junit, tap, html

    /// The format of that name.
    ///
    /// - Parameter command: who asks, for the error.
    init(named name: String, command: String) throws {
        guard let format = Self(rawValue: name) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(command) has no format \"\(name)\"; there are \(names)")
        }
        self = format
    }

    /// The whole report.
    ///
    /// - Parameters:
    ///   - suite: what the sessions belong to: the INPUT.
    ///   - command: what heads the report: `mailtap replay`, or `mailtap diff` and the INPUT that was expected.
    ///   - color: whether the text has colours.
    func append(_ report: ComparisonReport, suite: String, command: String, color: Bool, to out: inout [UInt8]) {
        switch self {
        case .text: out += report.text(width: Terminal.width, color: color).utf8
        case .html: out += ComparisonPage(report, title: "\(command) \(suite)").html.utf8
        case .json: ComparisonJSON.append(report, to: &out)
        case .junit: TestReportFormat.junit.append(Self.outcomes(report, suite), name: command, to: &out)
        case .tap: TestReportFormat.tap.append(Self.outcomes(report, suite), name: command, to: &out)
        }
    }

    /// A value of several lines, each but the first below the one before.
    private static func lines(_ name: String, _ value: String) -> String {
        name + value.replacing("\n", with: "\n" + String(repeating: " ", count: name.count))
    }

    /// Each session a test, each difference a failure of it.
    private static func outcomes(_ report: ComparisonReport, _ suite: String) -> [TestOutcome] {
        report.entries.map { entry in
            var outcome = TestOutcome(suite: suite, name: "session \(entry.number)")
            if case .compared(let comparison) = entry.outcome, comparison.expected == nil {
                outcome.name = "additional " + outcome.name
            }
            switch entry.outcome {
            case .skipped(let why): outcome.skipped = why
            case .failed(let why): outcome.failures = [TestOutcome.Failure(kind: "failed", text: why)]
            case .compared(let comparison):
                if entry.times > 1 { outcome.name += " (\(entry.times) times)" }
                if let session = comparison.came ?? comparison.expected {
                    outcome.duration = session.duration
                    outcome.name += " \(session.proto?.name ?? "unknown")"
                }
                outcome.failures = comparison.differences.map { difference in
                    let lines = [
                        difference.exchange.map { "exchange \($0)" } ?? "",
                        difference.expected.isEmpty ? "" : Self.lines("expected: ", difference.expected),
                        difference.came.isEmpty ? "" : Self.lines("came: ", difference.came),
                    ]
                    return TestOutcome.Failure(
                        kind: difference.kind.rawValue, text: difference.why,
                        detail: lines.filter { !$0.isEmpty }.joined(separator: "\n"))
                }
            }
            return outcome
        }
    }
}
