import ArgumentParser
import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport

/// `mailtap analyze`: decodes sessions and prints them, annotated.
struct AnalyzeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Decode sessions and print them, annotated.",
        usage: "mailtap analyze [<options>] <input> ...",
        discussion: """
            EXAMPLES
              mailtap analyze office.pcap
              mailtap analyze today.mailtap --session 3 --full
              tcpdump -i eth0 -U -w - port 25 | mailtap analyze -
              mailtap analyze --follow growing.pcap --format ndjson
              mailtap analyze office.pcap --keylog keys.txt
              mailtap analyze *.pcap.gz --format ndjson -o sessions.ndjson
            """,
        aliases: ["analyse"])

    @OptionGroup var input: InputOptions
    @OptionGroup var following: FollowOptions
    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("text, or another format of `mailtap export --help`.", valueName: "format"))
    var format = "text"

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Write the result there, not to standard output.", valueName: "path"))
    var output: String?

    @Flag(help: "Show messages whole.")
    var full = false

    @Flag(help: "Leave out notes and meanings; faster.")
    var noNotes = false

    @Option(help: ArgumentHelp("Also write the sessions into this recording.", valueName: "path"))
    var record: String?

    @Flag(help: "Leave secrets unmasked in the recording.")
    var keepSecrets = false

    mutating func run() throws {
        try input.check()
        var job = ExportJob(input: input, common: common, format: format, output: output, full: full)
        try following.check(input.inputs)
        job.follows = following.follow
        job.annotates = !noNotes
        job.record = record.map { ($0, keepSecrets) }
        try job.run()
    }
}

/// `mailtap export`: the same sessions in another form.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write sessions as transcripts and in other formats.",
        usage: "mailtap export [<options>] <input> ...",
        discussion: """
            FORMATS
            \(OutputFormat.names.map { "  \($0.padded(to: 10)) \(OutputFormat.summary($0))" }.joined(separator: "\n"))

            EXAMPLES
              mailtap export today.mailtap --format dialogue > today.dialogue
              mailtap export today.mailtap --format eml -o messages/
              mailtap export today.mailtap --session 2 --format json
              mailtap export today.mailtap --format redacted -o shared.mailtap
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("The format; see the list above.", valueName: "format"))
    var format = "text"

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The file, or for eml the directory, to write to.", valueName: "path"))
    var output: String?

    @Flag(help: "text: show messages whole.")
    var full = false

    @Option(
        help: ArgumentHelp(
            "redacted: write there which pseudonym stands for what; keep it to yourself.", valueName: "path"))
    var list: String?

    mutating func validate() throws {
        if list != nil, format != "redacted" { throw ValidationError("--list goes with --format redacted") }
    }

    mutating func run() throws {
        try input.check()
        var job = ExportJob(input: input, common: common, format: format, output: output, full: full)
        job.list = list
        try job.run()
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
