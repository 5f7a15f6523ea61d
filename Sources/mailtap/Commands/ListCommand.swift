import ArgumentParser
import MailTapAnalysis
import MailTapExport

/// `mailtap list`: one line per session.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List sessions, one line each.",
        discussion: """
            EXAMPLES
              mailtap list today.mailtap
              mailtap list office.pcap --format csv -o sessions.csv
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("text, json, ndjson or csv.", valueName: "format"))
    var format = "text"

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the list there, not to standard output.", valueName: "path"))
    var output: String?

    mutating func run() throws {
        guard let format = SessionList.Format(rawValue: format) else {
            throw Failure(.usage, "list has no format \"\(format)\"; there are text, json, ndjson, csv")
        }
        let box = ListBox(try StandardOutput(path: output, inputs: input.inputs), format, common)
        var wishes = try input.wishes()
        wishes.options.readsMessages = wishes.filter != nil
        wishes.options.annotates = wishes.filter != nil
        wishes.options.findsFaults = wishes.filter != nil
        try box.out.append { box.list.begin(into: &$0) }
        let gatherer = SessionGatherer(wishes) { item in
            try box.out.append { box.list.session(item, into: &$0) }
        }
        var reader = InputReader(isQuiet: common.quiet)
        reader.read(input.inputs, into: gatherer)
        if let failure = gatherer.failure { throw failure }
        try box.out.append { box.list.end(into: &$0) }
        try box.out.flush()
        if reader.status != .success { throw Ended(reader.status) }
    }
}

private final class ListBox {
    var out: StandardOutput
    var list: SessionList
    init(_ out: consuming StandardOutput, _ format: SessionList.Format, _ common: CommonOptions) {
        list = SessionList(format, common.exportOptions(isTerminal: out.isTerminal))
        self.out = out
    }
}
