import ArgumentParser
import MailTapReplay

/// How often, how fast and with what changes a recording is replayed.
struct PaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Pauses between commands: none (the default), recorded, or xN for N times as fast.", valueName: "timing"),
        transform: Self.timing)
    var timing = ReplayTiming.none

    @Option(name: .customLong("repeat"), help: ArgumentHelp("Play all of it so many times.", valueName: "n"))
    var times = 1

    @Option(help: ArgumentHelp("Play so many sessions at once, and measure: a load test.", valueName: "n"))
    var concurrency = 1

    @Option(
        help: ArgumentHelp(
            "Seconds that a reply, or the connection, may take: 1 to 600, 300 unless told otherwise (RFC 5321 section "
                + "4.5.3.2 has 5 minutes for most commands, and 10 at most).", valueName: "seconds"))
    var timeout: Int64 = 300

    @Option(
        help: ArgumentHelp(
            "Replace text in what is played, as OLD=NEW or /REGEX/=NEW; {n} in NEW is the number of the session. May "
                + "be repeated.", valueName: "old=new"),
        transform: Self.rule)
    var rewrite: [RewriteRule] = []

    @Flag(help: "Send a mail recorded as BDAT chunks with DATA where the server does not offer CHUNKING.")
    var dataForBdat = false

    @Flag(help: "Give mails a new Message-ID and date, of the same length, so that a server takes them for new ones.")
    var freshIds = false

    private static func timing(_ text: String) throws -> ReplayTiming {
        guard let timing = ReplayTiming(parsing: text) else {
            throw ValidationError("--timing takes none, recorded or xN such as x10")
        }
        return timing
    }

    private static func rule(_ text: String) throws -> RewriteRule {
        let rule = RewriteRule(parsing: text) { StandardError.write("mailtap: --rewrite: \($0)") }
        guard let rule else {
            throw ValidationError("--rewrite takes OLD=NEW or /REGEX/=NEW with a regular expression that is one")
        }
        return rule
    }

    mutating func validate() throws {
        guard (1...1_000_000).contains(times) else {
            throw ValidationError("--repeat takes a number from 1 to 1000000")
        }
        guard (1...600).contains(timeout) else {
            throw ValidationError("--timeout takes a number of seconds from 1 to 600 (RFC 5321 section 4.5.3.2)")
        }
        guard (1...10_000).contains(concurrency) else {
            throw ValidationError("--concurrency takes a number from 1 to 10000")
        }
    }

    func apply(to options: inout ReplayOptions) {
        options.timing = timing
        options.renewsIDs = freshIds
        options.rewrites = rewrite
        options.fallsBackToData = dataForBdat
    }

    var load: ReplayLoad { ReplayLoad(times: times, concurrency: concurrency) }
}
