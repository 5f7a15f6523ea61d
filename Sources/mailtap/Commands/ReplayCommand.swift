import ArgumentParser
import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport
import MailTapReplay

/// `mailtap replay`: a recording as a regression test.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Play one side of recorded sessions against a real server or client and compare.",
        usage: "mailtap replay [<options>] <input> ...",
        discussion: """
            With --to, says what the recorded client said, one command at a time, obeys what the server answers, and \
            reports every difference. With --serve, answers real clients as the recorded server did, each session \
            once, and reports what they said differently. Exit status 0 where there is no difference, 1 where there \
            is one; 69 where the server can't be reached or its certificate is refused. With --update, 0 where the file \
            expects now what the server says, and 1 where a session could not be taken over.

            What the server does not offer now is not asked for: parameters of MAIL and RCPT, login mechanisms, BDAT, \
            STARTTLS and STLS. \
            There is no DATA where it refused every recipient. The report tells what was left out or said otherwise.

            TLS begins where the recording began it, with --starttls, or by the scheme (smtps, submissions, pop3s). \
            smtp only tells what is wrong with a certificate; every other scheme refuses it. --serve uses \
            certificates of MailTap's own authority (mailtap ca export). A SCRAM login, in which the server has to know \
            the password, is served with --user and its password; other logins end as recorded, whatever they say.

            EXAMPLES
              mailtap replay today.mailtap --to smtp://127.0.0.1:2525
              mailtap replay login.dialogue --to pop3://127.0.0.1:2110 \\
                --user alice --password-file secret
              mailtap replay today.mailtap --to smtps://mail.example.org \\
                --upstream-ca ca.pem --format junit -o r.xml
              mailtap replay today.mailtap --to smtp://127.0.0.1:2525 --session 2 \\
                --record again.mailtap
              mailtap replay refused.dialogue --to smtp://127.0.0.1:2525 --update
              mailtap replay today.mailtap --to smtp://127.0.0.1:2525 \\
                --repeat 1000 --concurrency 20 --fresh-ids
              mailtap replay today.mailtap --to smtp://127.0.0.1:2525 \\
                --rewrite 'alice@=user{n}@'
              mailtap replay today.mailtap --serve 2525
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Play the client to this server: SCHEME://HOST[:PORT].", valueName: "url"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "Play the server to clients here: PORT, HOST:PORT or [IPv6]:PORT; 0 is a free port.", valueName: "addr"))
    var serve: String?

    @Option(
        help: ArgumentHelp(
            "Log in as this user where the recording's secrets are masked; with --serve, who may log in by SCRAM.",
            valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("File whose first line is the password; or set $MAILTAP_PASSWORD.", valueName: "path"))
    var passwordFile: String?

    @OptionGroup var security: ReplayTLSOptions
    @OptionGroup var compared: ComparisonOptions
    @OptionGroup var pace: PaceOptions

    @Option(help: ArgumentHelp("text, json, junit, tap or html.", valueName: "format"))
    var format = "text"

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Write the report there, not to standard output.", valueName: "path"))
    var output: String?

    @Option(help: ArgumentHelp("Record what is said now.", valueName: "path"))
    var record: String?

    @Flag(help: "Leave secrets unmasked in that recording.")
    var keepSecrets = false

    @Flag(help: "Let the dialogue file expect from now on what came; comments and what was as expected stay.")
    var update = false

    mutating func validate() throws {
        guard (to == nil) != (serve == nil) else {
            throw ValidationError("replay needs either --to URL (play the client) or --serve ADDR (play the server)")
        }
        if update, to == nil || pace.load != ReplayLoad() {
            throw ValidationError("--update goes with --to URL, and plays each session once")
        }
        _ = try ComparisonFormat(named: format, command: "replay")
    }

    mutating func run() async throws {
        try input.check()
        let comparison = try compared.comparison()
        var target = try to.map { try Self.target($0) }
        var options = ReplayOptions(credentials: try Self.credentials(user: user, passwordFile: passwordFile))
        pace.apply(to: &options)
        security.apply(to: &options, &target)
        if let record { try StandardOutput.refuse(record, ifOneOf: input.inputs) }
        var job = update ? try UpdateJob(input.inputs) : nil
        let recorder = try record.map { try Recording.open($0, keepsSecrets: keepSecrets) }
        var reader = try input.reader(isQuiet: common.quiet)
        let sessions = try RecordedSessions.read(input, with: &reader)
        if sessions.isEmpty, reader.status != .success { throw Ended(reader.status) }
        let report: ComparisonReport
        if let target {
            let client = ReplayClient(
                target: target, options: options, tls: try security.client(), timeout: pace.timeout)
            let run = ReplayRun(target: target, client: client, comparison: comparison)
            do {
                var progress = ReplayProgress(total: sessions.count * pace.load.times)
                defer { progress.clear() }
                report = try await run.play(sessions, load: pace.load) { trace, entry, figures in
                    if let recorder { trace?.play(into: recorder) }
                    job?.take(trace, entry)
                    progress.show(figures)
                }
            } catch let error as ReplayError {
                throw Failure(.unreachable, error.description)
            }
        } else {
            let served = try await ServeReplay.run(
                sessions, at: serve ?? "0", comparison: comparison, credentials: options.credentials,
                tls: try ReplayTLSOptions.server(for: sessions))
            report = served.report
            if let recorder { for trace in served.server.traces { trace.play(into: recorder) } }
        }
        recorder?.close()
        if recorder?.failure != nil { throw Ended(.ioError) }
        if !report.entries.contains(where: { if case .skipped = $0.outcome { false } else { true } }) {
            tellWhyNothingWasPlayed(report, sessions)
            if reader.status != .success { throw Ended(reader.status) }
            throw Failure(.usage, "nothing was played, so nothing was tested; mailtap list shows what the input holds")
        }
        try write(report)
        if reader.status != .success { throw Ended(reader.status) }
        if let job {
            try job.finish()
            if job.failures > 0 { throw Ended(.difference) }
        } else if !report.isSame {
            throw Ended(.difference)
        }
    }

    private func tellWhyNothingWasPlayed(_ report: ComparisonReport, _ sessions: [RecordedSession]) {
        for entry in report.entries {
            guard case .skipped(let why) = entry.outcome else { continue }
            // Which line that is was told when it was read.
            let isTold = sessions.contains { $0.session.number == entry.number && ReplayRun.isUnreadable($0) }
            StandardError.write(
                "mailtap: session \(entry.number) is not played: \(isTold ? ReplayRun.wholeOrNot : why)")
        }
    }

    private func write(_ report: ComparisonReport) throws {
        var out = try StandardOutput(path: output, inputs: input.inputs)
        let format = try ComparisonFormat(named: format, command: "replay")
        let color = common.color.applies(isTerminal: out.isTerminal)
        try out.append {
            format.append(
                report, suite: input.inputs.joined(separator: " "), command: "mailtap replay", color: color, to: &$0)
        }
        try out.flush()
    }

    static func target(_ text: String) throws -> ReplayTarget {
        let url: MailURL
        do { url = try MailURL(parsing: text) } catch { throw Failure(.usage, "--to: \(error)") }
        guard let target = ReplayTarget(url) else {
            throw Failure(
                .usage,
                "--to \(text): replay speaks smtp, submission, smtps, lmtp, pop3 and pop3s; name the server itself, such as "
                    + "smtp://\(url.host)"
            )
        }
        return target
    }

    /// From `--password-file`, else `$MAILTAP_PASSWORD`; nil where there is neither.
    static func credentials(user: String?, passwordFile: String?) throws -> Credentials? {
        if let passwordFile {
            return Credentials(user: user, password: try PasswordFile.firstLine(passwordFile))
        }
        guard let password = Terminal.variable("MAILTAP_PASSWORD") else {
            if let user {
                StandardError.write(
                    "mailtap: no password for \(user): give --password-file PATH or set MAILTAP_PASSWORD; logins are "
                        + "played as they were recorded")
            }
            return nil
        }
        return Credentials(user: user, password: password)
    }
}
