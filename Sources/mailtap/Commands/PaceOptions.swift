import ArgumentParser
import MailTapReplay

/// How often and how fast a recording is replayed.
struct PaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Pauses between commands: none (the default), recorded, or xN for N times as fast.", valueName: "timing"),
        transform: Self.timing)
    var timing = ReplayTiming.none

    @Option(name: .customLong("repeat"), help: ArgumentHelp("Play all of it so many times.", valueName: "n"))
    var times = 1

    @Flag(help: "Give mails a new Message-ID and date, of the same length, so that a server takes them for new ones.")
    var freshIds = false

    private static func timing(_ text: String) throws -> ReplayTiming {
        guard let timing = ReplayTiming(parsing: text) else {
            throw ValidationError("--timing takes none, recorded or xN such as x10")
        }
        return timing
    }

    mutating func validate() throws {
        guard (1...1_000_000).contains(times) else {
            throw ValidationError("--repeat takes a number from 1 to 1000000")
        }
    }

    func apply(to options: inout ReplayOptions) {
        options.timing = timing
        options.renewsIDs = freshIds
    }

    func repeated(_ sessions: [RecordedSession]) -> [RecordedSession] {
        times == 1 ? sessions : Array(repeating: sessions, count: times).flatMap { $0 }
    }
}
