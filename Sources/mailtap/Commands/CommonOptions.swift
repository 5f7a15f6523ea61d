import ArgumentParser
import MailTapAnalysis
import MailTapExport

/// Options that mean the same wherever they appear.
struct CommonOptions: ParsableArguments {
    @Option(help: "Colours: auto, always or never. NO_COLOR is honoured.")
    var color = ColorChoice.auto

    @Flag(help: "Show secrets where the input still has them.")
    var reveal = false

    @Flag(name: .shortAndLong, help: "Say less on standard error.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more on standard error.")
    var verbose = false

    func exportOptions(isTerminal: Bool, full: Bool = false) -> ExportOptions {
        ExportOptions(
            reveal: reveal, color: color.applies(isTerminal: isTerminal), width: Terminal.width, full: full,
            version: MailTap.version)
    }
}

/// INPUTs, and which of their sessions.
struct InputOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Captures, recordings, dialogue files; - for standard input.", valueName: "input"))
    var inputs: [String] = []

    @Option(help: ArgumentHelp("Only these sessions, as numbered by list: 1,3,5.", valueName: "n,…"))
    var session: SessionNumbers?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Only sessions that match; see mailtap help filter.", valueName: "expr")
    )
    var filter: String?

    @Option(help: ArgumentHelp("Decrypt TLS with this key log (SSLKEYLOGFILE).", valueName: "path"))
    var keylog: String?

    /// That there is an INPUT: the parser would miss it before it tells of an option that is not known.
    func check() throws {
        guard inputs.isEmpty else { return }
        throw Failure(
            .usage, "an INPUT is missing: a capture, a recording or a dialogue file, or - for standard input")
    }

    /// A reader of INPUTs that knows the secrets of `--keylog`.
    func reader(isQuiet: Bool) throws -> InputReader {
        InputReader(isQuiet: isQuiet, keys: try KeyLogFile.read(keylog, isQuiet: isQuiet))
    }

    /// Says which of the sessions that `--session` names are not there, of `count` that are.
    func sayMissing(of count: Int) {
        guard let missing = session?.ranges.first(where: { $0.upperBound > count })?.upperBound else { return }
        StandardError.write(
            "mailtap: there is no session \(missing): "
                + (count == 0 ? "the input has none" : "they are numbered 1 to \(count), see mailtap list"))
    }

    /// What of the sessions is wanted.
    func wishes() throws -> SessionGatherer.Wishes {
        var wishes = SessionGatherer.Wishes()
        wishes.numbers = session
        wishes.filter = try filter.map { try SessionFilter(option: $0) }
        return wishes
    }
}

extension SessionFilter {
    /// The filter of `--filter`; one that can't be read is a mistake of usage.
    init(option text: String) throws {
        do {
            self = try SessionFilter(parsing: text) { StandardError.write("mailtap: \($0)") }
        } catch {
            throw Failure(.usage, error.description)
        }
    }
}

/// Reading on where a file ends.
struct FollowOptions: ParsableArguments {
    @Flag(
        help: """
            Go on reading as the file grows, and in the file that takes its name (a rotation), until Ctrl-C; sessions \
            are given out as they end.
            """)
    var follow = false

    /// Reading a followed input never ends, so there is one alone.
    func check(_ inputs: [String]) throws {
        guard !follow || inputs.count == 1 else {
            throw Failure(.usage, "--follow reads one input, not \(inputs.count); leave the others out")
        }
    }
}

/// Numbers of sessions, `1,3,5-7`.
struct SessionNumbers: ExpressibleByArgument {
    var ranges: [ClosedRange<Int>] = []

    init?(argument: String) {
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first >= 1, first <= last
            else { return nil }
            ranges.append(first...last)
        }
        if ranges.isEmpty { return nil }
    }

    func contains(_ number: Int) -> Bool { ranges.contains { $0.contains(number) } }
}
