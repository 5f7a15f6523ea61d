import ArgumentParser
import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapDecrypt
import MailTapExport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `mailtap capture`: live packets, without a proxy in the path.
struct CaptureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Show and record mail sessions from live packets.",
        discussion: """
            Prints "listening on INTERFACE" on standard error when packets are being captured, and ends by SIGINT or \
            SIGTERM. Without BPF it captures the mail ports (24, 25, 110, 143, 465, 587, 993, 995, 2525), VLAN tags \
            or not, and DNS, whose answers name the hosts. Started by root, it goes on as the user who ran sudo, or as \
            nobody, once interface and files are open.

            EXAMPLES
              sudo mailtap capture -i eth0
              sudo mailtap capture -i lo tcp port 2525 --record today.mailtap
              sudo mailtap capture -i any --any-port --format ndjson -q
              sudo mailtap capture -i eth0 --keylog keys.txt --write packets.pcapng
              mailtap capture --list-interfaces
            """)

    /// The ports that MailTap knows as mail's, and DNS, which names the hosts: the same behind one VLAN tag or two, or
    /// without tags, where the interface's link-layer type can have none.
    private static let mailFilters: [String] = {
        let ports = [24, 25, 110, 143, 465, 587, 993, 995, 2525].map { "port \($0)" }.joined(separator: " or ")
        let plain = "(tcp and (\(ports)) or port 53)"
        return ["\(plain) or (vlan and (\(plain) or (vlan and \(plain))))", plain]
    }()

    @Argument(
        help: ArgumentHelp("What to capture, as for tcpdump: host mail.example.org and port 25.", valueName: "bpf"))
    var bpf: [String] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("The interface; any for all of them.", valueName: "name"))
    var interface: String?

    @Flag(help: "List the interfaces.")
    var listInterfaces = false

    @Flag(help: "Capture everything, not the mail ports alone: mail is found by what is said.")
    var anyPort = false

    @Option(help: ArgumentHelp("Write a recording of the sessions; an existing one is appended to.", valueName: "path"))
    var record: String?

    @Flag(help: "Leave secrets unmasked in the recording.")
    var keepSecrets = false

    @Option(
        help: ArgumentHelp("Keep the packets in this new pcapng file, with the keys of --keylog.", valueName: "path"))
    var write: String?

    @Option(
        help: ArgumentHelp("Decrypt TLS with this key log (SSLKEYLOGFILE), which may grow.", valueName: "path"))
    var keylog: String?

    @Option(help: ArgumentHelp("text, or ndjson: one object per session as it ends.", valueName: "format"))
    var format = "text"

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Only sessions that match, shown as they end; see mailtap help filter.", valueName: "expr"))
    var filter: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("End after this many sessions.", valueName: "n"))
    var count: Int?

    @Option(help: ArgumentHelp("End after this time, such as 90s or 10m.", valueName: "time"))
    var duration: Interval?

    @Option(help: ArgumentHelp("Octets of each packet that are kept.", valueName: "octets"))
    var snaplen = 262_144

    @Flag(help: "See only packets from and to this machine.")
    var noPromiscuous = false

    @Option(help: ArgumentHelp("Go on as this user once everything is open.", valueName: "name"))
    var userDrop: String?

    @Flag(help: "Show messages whole.")
    var full = false

    @OptionGroup var common: CommonOptions

    mutating func validate() throws {
        guard listInterfaces || interface != nil else {
            throw ValidationError("name an interface with -i; mailtap capture --list-interfaces shows them")
        }
        guard format == "text" || format == "ndjson" else {
            throw ValidationError("capture has no format \"\(format)\"; there are text and ndjson")
        }
        guard count ?? 1 > 0 else { throw ValidationError("-c \(count ?? 0): a number from 1") }
        guard (64...16 << 20).contains(snaplen) else {
            throw ValidationError("--snaplen \(snaplen): from 64 to \(16 << 20) octets")
        }
    }

    mutating func run() throws {
        if listInterfaces { return try Self.listInterfaces() }
        let signals = StopSignals()
        let filter = try filter.map { try SessionFilter(option: $0) }
        let (capture, options) = try open(interface ?? "")
        // All files are opened before privileges are given up.
        let follower = try keylog.map { try KeyLogFollower($0) }
        let recorder = try record.map { try Recording.open($0, keepsSecrets: keepSecrets) }
        if let write { try keepPackets(of: capture, options, at: write) }
        let user = try Privileges.drop(to: userDrop)
        let outcome = LiveOutcome()
        let view = CaptureView(
            format: format, isQuiet: common.quiet, filter: filter,
            options: common.exportOptions(isTerminal: isatty(1) == 1, full: full), recorder: recorder,
            output: LiveOutput(outcome))
        StandardError.write("listening on \(capture.interface)")
        if common.verbose { StandardError.write("running as \(user?.name ?? "the user who started it")") }
        let session = LiveSession(
            capture, into: view.sink, follower: follower, recorder: recorder, ended: { view.ended })
        var failure: CaptureError?
        do throws(CaptureError) {
            try session.run(
                until: signals, mostSessions: count, seconds: duration?.seconds, isVerbose: common.verbose)
        } catch {
            failure = error
        }
        let ending = Result { try view.finish() }
        recorder?.close()
        if !common.quiet { StandardError.write(Self.summary(capture.summary, sessions: view.ended)) }
        if let failure { throw Failure(InputReader.status(of: failure.code), failure.description) }
        if recorder?.failure != nil { throw Ended(.ioError) }
        if let failure = capture.savefile?.failure { throw Failure(.ioError, "\(failure)") }
        try ending.get()
        try outcome.check()
    }

    /// - Returns: the capture, and what it was opened with.
    private func open(_ name: String) throws -> (LiveCapture, LiveOptions) {
        var options = LiveOptions()
        options.snapshotLength = snaplen
        options.isPromiscuous = !noPromiscuous
        let filters = bpf.isEmpty ? (anyPort ? [""] : Self.mailFilters) : [bpf.joined(separator: " ")]
        do {
            let capture = try Self.open(name, &options, filters)
            guard capture.isReadable else {
                let link = LinkLayer.describe(capture.linkNumber)
                throw Failure(.noInput, "\(name): packets of link-layer type \(link) are not read")
            }
            return (capture, options)
        } catch let error as CaptureError {
            throw Failure(InputReader.status(of: error.code), error.description)
        }
    }

    /// Opens an interface with the first of some filters that its link-layer type allows.
    private static func open(
        _ name: String, _ options: inout LiveOptions, _ filters: [String]
    ) throws(CaptureError) -> LiveCapture {
        for filter in filters.dropLast() {
            options.filter = filter
            do { return try LiveCapture(interface: name, options: options) } catch {
                guard error.code == .filter else { throw error }
            }
        }
        options.filter = filters.last ?? ""
        return try LiveCapture(interface: name, options: options)
    }

    private func keepPackets(of capture: LiveCapture, _ options: LiveOptions, at path: String) throws {
        do {
            capture.savefile = try LiveSavefile(
                path: path, of: capture, version: MailTap.version, options: options, waitsForSecrets: keylog != nil)
        } catch {
            throw Failure(.cannotCreate, "can't write packets to \(path): \(error.reason)")
        }
    }

    private static func summary(_ summary: LiveCapture.Summary, sessions: Int) -> String {
        "\(sessions) session\(sessions == 1 ? "" : "s") in \(summary.packets) packets; "
            + "\(summary.dropped) packets dropped by the kernel"
    }

    private static func listInterfaces() throws {
        var out = try StandardOutput()
        let interfaces: [LiveInterface]
        do { interfaces = try LiveInterface.all() } catch {
            throw Failure(InputReader.status(of: error.code), error.description)
        }
        let width = interfaces.map(\.name.count).max() ?? 0
        for interface in interfaces {
            let facts =
                interface.addresses + [interface.isUp ? nil : "down", interface.description].compactMap(\.self)
            try out.append { $0 += "\(interface.name.padded(to: width))  \(facts.joined(separator: ", "))\n".utf8 }
        }
        try out.flush()
    }
}
