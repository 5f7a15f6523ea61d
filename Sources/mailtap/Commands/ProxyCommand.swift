import ArgumentParser
import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapDecrypt
import MailTapExport
import MailTapProxy
import MailTapTLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `mailtap proxy`: the man in the middle.
struct ProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Relay mail connections, show and record what is said.",
        discussion: """
            ROUTE is LISTEN=URL: LISTEN is PORT, HOST:PORT or [IPv6]:PORT (127.0.0.1 and a free port for 0), URL is \
            SCHEME://HOST[:PORT] with smtp, submission, smtps, lmtp, pop3, pop3s, imap or imaps; smtp+mx://DOMAIN \
            leads to the mail host that DNS names for the domain. With --transparent a route is LISTEN alone, and \
            --socks needs none.

            EXAMPLES
              mailtap proxy 2525=smtp://mail.example.org 2110=pop3://mail.example.org \\
                --record today.mailtap
              mailtap proxy 0=smtp://127.0.0.1:25 --format ndjson -q
              mailtap proxy 2525=smtp://mail.example.org \\
                -f 'severity >= warning or is:failed'
              mailtap proxy 2465=smtps://mail.example.org 2995=pop3s://mail.example.org
              mailtap proxy 2525=submission://mail.example.org \\
                --client-tls none --server-tls starttls
              mailtap proxy 2525=smtp://mail.example.org --tls strip
              mailtap proxy 2525=smtp://mail.example.org -q \\
                --record tap.mailtap --rotate 1h --keep 7d
              mailtap proxy 2525=smtp://mail.example.org --metrics 9925 -q
              mailtap proxy --socks 1080
              mailtap proxy --transparent 2525
              mailtap proxy 2525=smtp://mail.example.org \\
                --accept-proxy-protocol --send-proxy-protocol

            TLS is looked into: clients are shown a certificate of MailTap's own authority, which they must trust \
            (mailtap ca export). With smtp, what is wrong with a server's certificate is recorded and passed over; \
            every other scheme refuses it, unless --upstream-ca or --upstream-insecure allow it.

            SIGINT or SIGTERM ends it: nobody is accepted any more, sessions may go on for 3 seconds, also idle \
            ones, and are then ended; a second signal ends them at once. SIGHUP begins new files of the recording \
            and of the key log.
            """)

    @Argument(help: ArgumentHelp("Where to listen, and what for: LISTEN=URL.", valueName: "route"))
    var routes: [String] = []

    @OptionGroup(title: "Front doors") var front: FrontDoorOptions

    @Option(help: ArgumentHelp("Write a recording; an existing one is appended to.", valueName: "path"))
    var record: String?

    @OptionGroup var rotation: RotationOptions

    @Flag(help: "Leave secrets unmasked in the recording.")
    var keepSecrets = false

    @OptionGroup(title: "TLS") var tls: TLSOptions

    @Option(help: ArgumentHelp("text, or ndjson: one object per session as it ends.", valueName: "format"))
    var format = "text"

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Show only sessions that match, as they end; the recording holds all. See mailtap help filter.",
            valueName: "expr"))
    var filter: String?

    @Option(help: ArgumentHelp("End sessions after this much silence, such as 90s or 10m.", valueName: "time"))
    var idleTimeout: Interval?

    @Option(help: ArgumentHelp("How long to wait for a server to accept.", valueName: "time"))
    var connectTimeout = Interval(seconds: 10)

    @Option(help: ArgumentHelp("The DNS server that smtp+mx routes ask: ADDRESS:PORT.", valueName: "server"))
    var dns: String?

    @Flag(help: "Clients begin with a PROXY protocol header (version 1 or 2), which names the true client.")
    var acceptProxyProtocol = false

    @Option(
        help: ArgumentHelp(
            "Send servers a PROXY protocol header, of version 1 unless 2 is given.", valueName: "version"))
    var sendProxyProtocol: Int?

    @Option(
        help: ArgumentHelp(
            "Serve Prometheus metrics at /metrics, and /healthz, on this address (127.0.0.1 unless it names a host).",
            valueName: "addr"))
    var metrics: ListenArgument?

    @Flag(help: "Show messages whole.")
    var full = false

    @OptionGroup var common: CommonOptions

    mutating func validate() throws {
        guard !routes.isEmpty || !front.socks.isEmpty else {
            throw ValidationError(
                front.transparent
                    ? "--transparent needs a LISTEN, for example: mailtap proxy --transparent 2525"
                    : "a route is missing, for example: mailtap proxy 2525=smtp://mail.example.org")
        }
        if acceptProxyProtocol, !front.socks.isEmpty {
            throw ValidationError("--accept-proxy-protocol is not for --socks: nothing comes before SOCKS")
        }
        if let version = sendProxyProtocol, version != 1, version != 2 {
            throw ValidationError("the PROXY protocol has the versions 1 and 2")
        }
        guard format == "text" || format == "ndjson" else {
            throw ValidationError("proxy has no format \"\(format)\"; there are text and ndjson")
        }
        guard rotation.rotate == nil || record != nil else {
            throw ValidationError("--rotate is for recordings; give --record too")
        }
    }

    mutating func run() async throws {
        let doors = try front.doors(routes)
        let shown = try filter.map { try SessionFilter(option: $0) }
        var options = ProxyOptions()
        let keyLog = try tls.openKeyLog()
        options.tls = try tls.mode(doors, keyLog: keyLog)
        options.nameServer = try dns.map { try Self.dnsServer($0) }
        options.acceptsProxyProtocol = acceptProxyProtocol
        options.sendsProxyProtocol = sendProxyProtocol
        options.idleTimeout = idleTimeout?.seconds
        options.connectTimeout = connectTimeout.seconds
        options.maximumSessions = DescriptorLimit.raise().sessions
        let signals = SignalStream([SIGINT, SIGTERM])
        let hangUps = SignalStream([SIGHUP])
        let outcome = LiveOutcome()
        let reopening = Task {
            for await _ in hangUps {
                outcome.hangUp()
                if let problem = keyLog?.reopen() { StandardError.write("mailtap: \(problem)") }
            }
        }
        defer { reopening.cancel() }
        let traffic = metrics.map { _ in TrafficMetrics() }
        let hub = try makeHub(outcome, traffic, shown)
        let server = ProxyServer(doors: doors, options: options, hub: hub) { StandardError.write("mailtap: \($0)") }
        do {
            for bound in try await server.start() { StandardError.write(bound.announcement) }
        } catch {
            await hub.finish()
            throw Failure(.cannotCreate, "\(error)")
        }
        let monitor = try await startMetrics(traffic, hub, outcome, server)
        await Self.serve(server, until: signals, quietly: common.quiet)
        await monitor?.stop()
        try outcome.check()
    }

    /// The command line with what may be left out: the version behind `--send-proxy-protocol`.
    static func completed(_ arguments: [String]) -> [String] {
        guard arguments.first == "proxy" else { return arguments }
        var completed: [String] = []
        var isOver = false
        for (index, argument) in arguments.enumerated() {
            completed.append(argument)
            if argument == "--" { isOver = true }
            guard argument == "--send-proxy-protocol", !isOver else { continue }
            let next = arguments.dropFirst(index + 1).first
            // A version that there is not is for the parser to refuse.
            if next.flatMap({ Int($0) }) == nil { completed.append("1") }
        }
        return completed
    }

    static func route(_ text: String) throws -> Route {
        do { return try Route(parsing: text) } catch { throw Failure(.usage, "\(error)") }
    }

    private static func dnsServer(_ text: String) throws -> ListenAddress {
        guard let server = try? ListenAddress(parsing: text), IPAddress(server.host) != nil, server.port != 0 else {
            throw Failure(.usage, "'\(text)' is no DNS server: write ADDRESS:PORT, for example 127.0.0.1:5353")
        }
        return server
    }

    /// Runs until the first signal, then lets sessions end; a second signal ends at once.
    private static func serve(_ server: ProxyServer, until signals: SignalStream, quietly: Bool) async {
        var iterator = signals.makeAsyncIterator()
        _ = await iterator.next()
        let alive = server.liveSessions
        if alive > 0, !quietly {
            StandardError.write(
                "ending: \(alive) session\(alive == 1 ? "" : "s") may go on for 3 seconds; again to end at once")
        }
        let impatient = Task {
            var again = signals.makeAsyncIterator()
            if await again.next() != nil { await server.abort() }
        }
        await server.shutdown(grace: 3)
        impatient.cancel()
    }

    private func startMetrics(
        _ traffic: TrafficMetrics?, _ hub: TraceHub, _ outcome: LiveOutcome, _ server: ProxyServer
    ) async throws -> MetricsServer? {
        guard let traffic, let metrics else { return nil }
        let monitor = MetricsServer(ProxyMonitor(traffic: traffic, hub: hub, outcome: outcome).source)
        do {
            let listen = try await monitor.start(on: metrics.address)
            StandardError.write("metrics at http://\(listen)/metrics")
            if !listen.isLoopback {
                StandardError.write(
                    "mailtap: \(listen) can be reached from other machines: whoever can connect reads the metrics")
            }
        } catch {
            await server.abort()
            throw Failure(.cannotCreate, "\(error)")
        }
        return monitor
    }

    private func makeHub(
        _ outcome: LiveOutcome, _ traffic: TrafficMetrics?, _ filter: SessionFilter?
    ) throws -> TraceHub {
        // The recording is opened before anything listens, so that its errors come first.
        let recording = try record.map { try Recording.openSet($0, keepsSecrets: keepSecrets, rotation) }
        let showsText = format == "text" && !common.quiet
        let writesJSON = format == "ndjson"
        let passesTLS = tls.tls == .pass
        let exportOptions = common.exportOptions(isTerminal: isatty(1) == 1, full: full)
        do {
            return try TraceHub(immediate: showsText || writesJSON) {
                var sinks: [any TraceSink] = []
                if let recording { sinks.append(recording) }
                if let traffic { sinks.append(traffic.sink()) }
                let output = LiveOutput(outcome)
                var views: [any TraceSink] = []
                if showsText, filter == nil { views.append(LiveTranscriptSink(exportOptions, output)) }
                if writesJSON || showsText && filter != nil {
                    views.append(LiveEndedSink(writesJSON ? .ndjson : .text, exportOptions, filter: filter, output))
                }
                // What is relayed as ciphertext still shows its handshake, as it does when read back.
                if passesTLS { views = views.map { Decryptor(into: $0, keys: KeyLog()) } }
                sinks += views
                let flush = {
                    if outcome.takeHangUp() { recording?.reopen() }
                    recording?.flush()
                    if recording?.hasFailed == true { outcome.recordingFailed() }
                }
                return TraceConsumer(sinks: sinks, flush: flush) {
                    recording?.close()
                    if recording?.hasFailed == true { outcome.recordingFailed() }
                }
            }
        } catch {
            throw Failure(.ioError, "\(error)")
        }
    }
}

/// A length of time on the command line: `500ms`, `30s`, `5m`, `1h`.
struct Interval: ExpressibleByArgument, CustomStringConvertible {
    var seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600)]
        guard let unit = units.first(where: { argument.hasSuffix($0.0) }),
            let number = Double(argument.dropLast(unit.0.count)), number >= 0, number.isFinite
        else { return nil }
        seconds = number * unit.1
    }

    var description: String { seconds == seconds.rounded() ? "\(Int(min(seconds, 1e9)))s" : "\(seconds)s" }
}
