/// The exit statuses, those of sysexits.h beside 0 and 1; scripts rely on them.
enum Status: Int32, Comparable {
    case success = 0
    case difference = 1
    case usage = 64
    case damaged = 65
    case noInput = 66
    case unreachable = 69
    case cannotCreate = 73
    case ioError = 74

    static func < (lhs: Status, rhs: Status) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// What failed, on what, why and what to try; ends the command with a status.
struct Failure: Error {
    var status: Status
    var text: String

    init(_ status: Status, _ text: String) {
        self.status = status
        self.text = text
    }
}
