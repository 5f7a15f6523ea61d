import ArgumentParser
import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport
import MailTapReplay

/// `mailtap diff`: compares two INPUTs session by session.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two inputs session by session.",
        discussion: """
            EXAMPLES
              mailtap diff monday.mailtap tuesday.mailtap
              mailtap diff expected.dialogue today.mailtap --compare exact \\
                --normalize queue-ids
              mailtap diff before.pcap after.pcap --also findings --also tls \\
                --latency 3 --format html -o diff.html
            """)

    @Argument(help: "What is expected.")
    var expected: String

    @Argument(help: "What is compared with it.")
    var came: String

    @OptionGroup var common: CommonOptions

    @OptionGroup var compared: ComparisonOptions

    @Option(help: ArgumentHelp("Only these sessions of both, as numbered by list.", valueName: "n,…"))
    var session: SessionNumbers?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Only sessions that match; see mailtap help filter.", valueName: "expr")
    )
    var filter: String?

    @Option(help: ArgumentHelp("Decrypt TLS with this key log (SSLKEYLOGFILE).", valueName: "path"))
    var keylog: String?

    @Option(help: ArgumentHelp("text, json, junit, tap or html.", valueName: "format"))
    var format = "text"

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Write the report there, not to standard output.", valueName: "path"))
    var output: String?

    mutating func validate() throws {
        _ = try ComparisonFormat(named: format, command: "diff")
    }

    mutating func run() throws {
        var reader = InputReader(
            isQuiet: common.quiet, keys: try KeyLogFile.read(keylog, isQuiet: common.quiet))
        var wishes = SessionGatherer.Wishes()
        wishes.numbers = session
        wishes.filter = try filter.map { try SessionFilter(option: $0) }
        let first = try RecordedSessions.read([expected], wishes, with: &reader)
        let second = try RecordedSessions.read([came], wishes, with: &reader)
        if reader.status == .noInput { throw Ended(reader.status) }
        let report = ComparisonReport(try compared.comparison().compare(first, with: second))
        var out = try StandardOutput(path: output, inputs: [expected, came])
        let format = try ComparisonFormat(named: format, command: "diff")
        let color = common.color.applies(isTerminal: out.isTerminal)
        let title = "mailtap diff \(expected)"
        try out.append { format.append(report, suite: came, command: title, color: color, to: &$0) }
        try out.flush()
        if reader.status != .success { throw Ended(reader.status) }
        if !report.isSame { throw Ended(.difference) }
    }
}
