import ArgumentParser
import MailTapAnalysis
import MailTapExport

/// `mailtap list`: one line per session.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List sessions, one line each.",
        usage: "mailtap list [<options>] <input> ...",
        discussion: """
            EXAMPLES
              mailtap list today.mailtap
              mailtap list office.pcap --format csv -o sessions.csv
              mailtap list --follow growing.pcap
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var following: FollowOptions
    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("text, json, ndjson or csv.", valueName: "format"))
    var format = "text"

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the list there, not to standard output.", valueName: "path"))
    var output: String?

    mutating func run() throws {
        try input.check()
        guard let format = SessionList.Format(rawValue: format) else {
            throw Failure(.usage, "list has no format \"\(format)\"; there are text, json, ndjson, csv")
        }
        let box = ListBox(try StandardOutput(path: output, inputs: input.inputs), format, common)
        try following.check(input.inputs)
        var wishes = try input.wishes()
        if following.follow { wishes.order = .ending }
        try box.out.append { box.list.begin(into: &$0) }
        let reader = try wishes.filter == nil ? tally(wishes, box) : build(wishes, box)
        try box.out.append { box.list.end(into: &$0) }
        try box.out.flush()
        if reader.status != .success { throw Ended(reader.status) }
    }

    /// Without a filter nothing is looked at but what is listed.
    private func tally(_ wishes: SessionGatherer.Wishes, _ box: ListBox) throws -> InputReader {
        let gatherer = TallyGatherer(only: wishes.numbers, order: wishes.order) { summary in
            try box.out.append { box.list.session(summary, into: &$0) }
        }
        var reader = try input.reader(isQuiet: common.quiet)
        reader.isVerbose = common.verbose
        reader.follows = following.follow
        reader.waiting = { [follows = following.follow] in gatherer.show { try box.rest(isLong: follows) } }
        if input.inputs.count == 1 { reader.stops = { gatherer.failure != nil } }
        reader.read(input.inputs, into: gatherer)
        if let failure = gatherer.failure { throw failure }
        input.sayMissing(of: gatherer.count)
        return reader
    }

    /// A filter may ask for anything.
    private func build(_ wishes: SessionGatherer.Wishes, _ box: ListBox) throws -> InputReader {
        let gatherer = SessionGatherer(wishes) { item in
            try box.out.append { box.list.session(item, into: &$0) }
        }
        var reader = try input.reader(isQuiet: common.quiet)
        reader.isVerbose = common.verbose
        reader.follows = following.follow
        reader.waiting = { [follows = following.follow] in gatherer.show { try box.rest(isLong: follows) } }
        reader.stops = { gatherer.failure != nil }
        reader.read(input.inputs, into: gatherer)
        try gatherer.finish()
        input.sayMissing(of: gatherer.count)
        return reader
    }
}

private final class ListBox {
    var out: StandardOutput
    var list: SessionList
    init(_ out: consuming StandardOutput, _ format: SessionList.Format, _ common: CommonOptions) {
        var options = common.exportOptions(isTerminal: out.isTerminal)
        // Nothing is cut where no terminal's edge is.
        if !out.isTerminal { options.width = 10_000 }
        list = SessionList(format, options)
        self.out = out
    }

    /// Nothing comes for now; it may stay so for long where a file is followed, so that no row waits for others.
    func rest(isLong: Bool) throws {
        if isLong { try out.append { list.pause(into: &$0) } }
        try out.flush()
    }
}
