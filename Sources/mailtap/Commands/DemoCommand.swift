import ArgumentParser
import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport
import MailTapProxy
import MailTapReplay
import MailTapServer

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `mailtap demo`: the whole tool in one run, on loopback.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the whole tool in one run: proxy, record, analyze, export, replay.",
        discussion: """
            Starts an SMTP and a POP3 server of its own on loopback, puts the proxy in front, sends and fetches a \
            mail through it, and shows what can be done with the recording. No network, no root, no other program.
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Keep the recording there; otherwise in a new folder for temporary files.", valueName: "path"))
    var output: String?

    @OptionGroup var common: CommonOptions

    mutating func run() async throws {
        let path = try output ?? Self.temporaryPath()
        let stage = try Stage(color: common.color.applies(isTerminal: isatty(1) == 1))
        try stage.title("1. An SMTP and a POP3 server, and the proxy in front of them")
        var configuration = ServerConfiguration()
        configuration.accounts = ["alice": "wonderland", "bob": "looking-glass"]
        let maildrop = Maildrop()
        let smtp = try await EmbeddedServer.start(.smtp, configuration: configuration, maildrop: maildrop)
        let pop3 = try await EmbeddedServer.start(.pop3, configuration: configuration, maildrop: maildrop)
        let routes = try ["0=smtp://127.0.0.1:\(smtp.port)", "0=pop3://127.0.0.1:\(pop3.port)"].map {
            try ProxyCommand.route($0)
        }
        try await relay(through: routes, recordingTo: path, stage)

        try stage.title("4. The recording, listed")
        try stage.command("mailtap list \(path)")
        var reader = InputReader()
        let sessions = try stage.list(path, common.exportOptions(isTerminal: isatty(1) == 1), &reader)

        try stage.title("5. What is wrong with it")
        try stage.command("mailtap check \(path)")
        try stage.findings(sessions)

        try stage.title("6. To show and to share: a page, and a recording with pseudonyms")
        let page = path + ".html"
        try stage.command("mailtap export --format html -o \(page) \(path)")
        try stage.page(sessions, page, common.exportOptions(isTerminal: false))
        try stage.command("mailtap export --format redacted -o shared.mailtap \(path)")
        if let first = sessions.first { try stage.redacted(first) }

        try stage.title("7. A session as a dialogue file, for a repository (its first lines)")
        try stage.command("mailtap export --format dialogue --session 1 \(path)")
        if let first = sessions.first { try stage.excerpt(first, lines: 14) }

        try stage.title("8. The recording replayed against the servers: a regression test in one command")
        var same = true
        for (server, scheme, user, password) in [
            (smtp, "smtp", "alice", "wonderland"), (pop3, "pop3", "bob", "looking-glass"),
        ] {
            let target = try ReplayCommand.target("\(scheme)://127.0.0.1:\(server.port)")
            try stage.command("mailtap replay \(path) --to \(scheme)://127.0.0.1:\(server.port) --user \(user)")
            let options = ReplayOptions(credentials: Credentials(user: user, password: password))
            let run = ReplayRun(target: target, client: ReplayClient(target: target, options: options))
            let mine = sessions.filter { $0.session.proto == target.proto }
                .map { RecordedSession(session: $0.session, contents: $0.contents) }
            let report = try await run.play(mine)
            try stage.print(report.text())
            same = same && report.isSame
        }
        await smtp.stop()
        await pop3.stop()
        try stage.next(path)
        try stage.end()
        if reader.status != .success { throw Ended(reader.status) }
        if !same { throw Ended(.difference) }
    }

    private func relay(through routes: [Route], recordingTo path: String, _ stage: Stage) async throws {
        let outcome = LiveOutcome()
        let recorder = try Recording.open(path, keepsSecrets: false)
        let options = common.exportOptions(isTerminal: isatty(1) == 1)
        let hub: TraceHub
        do {
            hub = try TraceHub(immediate: true) {
                TraceConsumer(sinks: [recorder, LiveTranscriptSink(options, LiveOutput(outcome))]) {
                    recorder.flush()
                    if recorder.failure != nil { outcome.recordingFailed() }
                }
            }
        } catch {
            throw Failure(.ioError, "\(error)")
        }
        let proxy = ProxyServer(routes: routes, hub: hub)
        let bound: [ProxyServer.Bound]
        do { bound = try await proxy.start() } catch { throw Failure(.cannotCreate, "\(error)") }
        try stage.command("mailtap proxy \(routes.map(\.text).joined(separator: " ")) --record \(path)")
        for route in bound { try stage.print(route.announcement) }
        try stage.title("2. A mail with an attachment is sent; 3. and fetched. What the proxy shows:")
        try stage.flush()
        for (script, route) in zip([DemoScript.sending, DemoScript.fetching], bound) {
            let target = ReplayTarget(
                proto: route.route?.server.scheme.proto ?? .smtp, host: "127.0.0.1", port: route.listen.port)
            guard let trace = DialogueFileReader.read(Array(script.utf8), source: "demo").sessions.first?.trace,
                let plan = ReplayPlan(RecordedSession(trace))
            else { continue }
            do {
                _ = try await ReplayClient(target: target).play(plan)
            } catch {
                throw Failure(.unreachable, "\(error)")
            }
        }
        await proxy.shutdown()
        try outcome.check()
    }

    private static func temporaryPath() throws -> String {
        let folder = Terminal.variable("TMPDIR") ?? "/tmp"
        var template = Array("\(folder)/mailtap-demo-XXXXXX".utf8CString)
        guard template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) != nil else {
            throw Failure(
                .cannotCreate, "can't make a folder in \(folder): \(StandardOutput.reason()); give a path with -o")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/demo.mailtap"
    }
}
