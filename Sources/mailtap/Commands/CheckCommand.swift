import ArgumentParser
import MailTapAnalysis
import MailTapCore
import MailTapExport

/// `--fail-on`: the severity from which on findings count.
enum FailOn: String, ExpressibleByArgument, CaseIterable {
    case error, warning, note

    var severity: Severity { Severity(rawValue: rawValue) ?? .error }
}

/// `mailtap check`: prints the findings.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Print what is wrong with sessions; exit 1 where something is.",
        discussion: """
            EXAMPLES
              mailtap check today.mailtap
              mailtap check office.pcap --fail-on warning
              mailtap check today.mailtap --format json
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Exit 1 where a finding is at or above: error, warning, note.", valueName: "severity"))
    var failOn = FailOn.error

    @Option(help: ArgumentHelp("Only this rule; may be repeated.", valueName: "rule"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Not this rule; may be repeated.", valueName: "rule"))
    var ignore: [String] = []

    @Option(help: ArgumentHelp("text, json, ndjson, sarif, junit or tap.", valueName: "format"))
    var format = "text"

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the result there.", valueName: "path"))
    var output: String?

    mutating func run() throws {
        let (only, ignore, failOn) = (Set(only), Set(ignore), failOn.severity)
        let isText = format == "text"
        guard isText || ["json", "ndjson", "sarif", "junit", "tap"].contains(format),
            let kind = ExportFormat(rawValue: format)
        else {
            throw Failure(.usage, "check has no format \"\(format)\"; there are text, json, ndjson, sarif, junit, tap")
        }
        var out = try StandardOutput(path: output, inputs: input.inputs)
        var options = common.exportOptions(isTerminal: out.isTerminal)
        options.failingFrom = failOn
        var exporter = kind.makeExporter(options)
        var report = FindingsReport(color: common.color.applies(isTerminal: out.isTerminal))
        var isBad = false
        let wishes = try input.wishes()
        if !isText { try out.append { exporter.begin(into: &$0) } }
        let gatherer = SessionGatherer(wishes) { item in
            var item = item
            item.session.findings.removeAll {
                ignore.contains($0.rule) || !(only.isEmpty || only.contains($0.rule))
            }
            if item.session.findings.contains(where: { $0.severity >= failOn }) { isBad = true }
            if isText { report.add(item.session) } else { try out.append { exporter.session(item, into: &$0) } }
        }
        var reader = InputReader(isQuiet: common.quiet)
        reader.read(input.inputs, into: gatherer)
        if let failure = gatherer.failure { throw failure }
        try out.append { isText ? report.write(into: &$0) : exporter.end(into: &$0) }
        try out.flush()
        if reader.status != .success { throw Ended(reader.status) }
        if isBad { throw Ended(.difference) }
    }
}

/// Findings of all sessions, grouped by rule, the most severe first.
struct FindingsReport {
    private struct Group {
        var finding: Finding
        var session: Int
        var count = 1
        var sessions: Set<Int>
    }

    private let color: Bool
    private var groups: [String: Group] = [:]
    private var sessions = 0

    init(color: Bool) { self.color = color }

    mutating func add(_ session: Session) {
        sessions += 1
        for finding in session.findings {
            if groups[finding.rule] == nil {
                groups[finding.rule] = Group(finding: finding, session: session.number, count: 0, sessions: [])
            }
            groups[finding.rule]?.count += 1
            groups[finding.rule]?.sessions.insert(session.number)
        }
    }

    func write(into out: inout [UInt8]) {
        let ordered = groups.values.sorted {
            ($1.finding.severity, $0.finding.rule) < ($0.finding.severity, $1.finding.rule)
        }
        for group in ordered {
            let finding = group.finding
            let mark = "\(finding.severity.rawValue.padded(to: 7)) \(finding.rule)"
            let shade = finding.severity == .error ? "31" : finding.severity == .warning ? "33" : "36"
            out += (color ? "\u{1B}[\(shade)m\(mark)\u{1B}[0m" : mark).utf8
            let times =
                group.count == 1
                ? "once"
                : "\(group.count) times in \(group.sessions.count) session\(group.sessions.count == 1 ? "" : "s")"
            let place = "session \(group.session)" + (finding.exchange.map { ", exchange \($0)" } ?? "")
            out += "  \(times), first in \(place)\n".utf8
            out +=
                "        \(VisibleText.of(finding.text)) (\(finding.aspect.rawValue)\(finding.side.map { ", by the \($0)" } ?? ""); \(finding.reference))\n"
                .utf8
        }
        let total = groups.values.reduce(0) { $0 + $1.count }
        out +=
            "\(total == 0 ? "no findings" : total == 1 ? "1 finding" : "\(total) findings") in \(sessions) session\(sessions == 1 ? "" : "s")\n"
            .utf8
    }
}
