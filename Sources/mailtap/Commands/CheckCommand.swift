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
        usage: "mailtap check [<options>] <input> ...",
        discussion: """
            mailtap help rules lists the rules, mailtap help rule ID explains one. A rule is named by its id, or \
            several by the beginning of their ids and a star: smtp.*, message.*

            RULES FILE
              One rule a line and the severity that it gets; the last that fits holds:
                message.*            = note
                message.loop         = error     # a comment
                smtp.no-quit         = off

            EXAMPLES
              mailtap check today.mailtap
              mailtap check office.pcap --fail-on warning --ignore smtp.no-quit,message.*
              mailtap check office.pcap --only 'smtp.starttls-*' --only tls.certificate
              mailtap check today.mailtap --rules ours.rules \\
                --format sarif -o findings.sarif
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Exit 1 where a finding is at or above: error, warning, note.", valueName: "severity"))
    var failOn = FailOn.error

    @Option(help: ArgumentHelp("Only these rules; may be repeated.", valueName: "rule,…"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Not these rules; may be repeated.", valueName: "rule,…"))
    var ignore: [String] = []

    @Option(help: ArgumentHelp("A file that gives rules another severity, or switches them off.", valueName: "path"))
    var rules: String?

    @Option(help: ArgumentHelp("text, json, ndjson, sarif, junit or tap.", valueName: "format"))
    var format = "text"

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the result there.", valueName: "path"))
    var output: String?

    mutating func run() throws {
        try input.check()
        let failOn = failOn.severity
        let isText = format == "text"
        guard isText || ["json", "ndjson", "sarif", "junit", "tap"].contains(format),
            let kind = ExportFormat(rawValue: format)
        else {
            throw Failure(.usage, "check has no format \"\(format)\"; there are text, json, ndjson, sarif, junit, tap")
        }
        let selection = try selection()
        var wishes = try input.wishes()
        // Notes and the like are shown by JSON alone; a filter may look at anything.
        let showsAll = kind == .json || kind == .ndjson || wishes.filter != nil
        wishes.options.annotates = showsAll
        wishes.options.sumsUp = showsAll
        wishes.options.digestsMessages = showsAll
        wishes.options.digestsParts = showsAll
        wishes.options.decodesFields = showsAll
        if isText, wishes.filter == nil { wishes.reduce = FindingsReport.reduce }
        var out = try StandardOutput(path: output, inputs: input.inputs)
        var options = common.exportOptions(isTerminal: out.isTerminal)
        options.failingFrom = failOn
        var exporter = kind.makeExporter(options)
        var report = FindingsReport(color: options.color, width: options.width)
        var isBad = false
        if !isText { try out.append { exporter.begin(into: &$0) } }
        let gatherer = SessionGatherer(wishes) { item in
            var item = item
            item.session.findings = selection.apply(to: item.session.findings)
            if item.session.findings.contains(where: { $0.severity >= failOn }) { isBad = true }
            if isText { report.add(item.session) } else { try out.append { exporter.session(item, into: &$0) } }
        }
        var reader = try input.reader(isQuiet: common.quiet)
        reader.isVerbose = common.verbose
        reader.read(input.inputs, into: gatherer)
        try gatherer.finish()
        input.sayMissing(of: gatherer.count)
        // Of an input that could not be read at all, nothing can be said, least of all that nothing is wrong.
        let isSilent = isText && reader.status != .success && report.isEmpty
        if !isSilent { try out.append { isText ? report.write(into: &$0) : exporter.end(into: &$0) } }
        try out.flush()
        if reader.status != .success { throw Ended(reader.status) }
        if isBad { throw Ended(.difference) }
    }

    private func selection() throws -> RuleSelection {
        do {
            var selection = try RuleSelection(only: only, ignoring: ignore)
            guard let rules else { return selection }
            let text = try SmallFile.text(rules, of: "the rules file")
            do { try selection.add(rulesFile: text) } catch { throw Failure(.usage, "\(rules), \(error.description)") }
            return selection
        } catch let error as RuleSelectionError {
            throw Failure(.usage, error.description)
        }
    }
}
