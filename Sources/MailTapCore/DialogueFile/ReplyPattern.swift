/// A place in a dialogue file's expectations where any of several texts is meant: `{any}`, `{250|251}` and the like.
public struct ReplyPattern: Sendable, Hashable {
    /// What may stand in the place.
    public enum Kind: Sendable, Hashable {
        /// Anything on this line, also nothing.
        case any
        /// At least one character, no white space.
        case word
        /// At least one digit.
        case number
        /// In place of a whole line: any number of lines, also none.
        case lines
        /// What the regular expression matches, see `TextPattern`.
        case regex(String)
        /// At the beginning of a line: any of these statuses.
        case codes([StatusPattern])
    }

    /// What may stand in the place.
    public var kind: Kind
    /// What stands between the braces.
    public var name: String

    /// `{any}`.
    public static let any = ReplyPattern(kind: .any, name: "any")

    private init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// What `name` means between braces; nil where it is none of the patterns.
    public init?(_ name: some StringProtocol) {
        self.name = String(name)
        switch name {
        case "any": kind = .any
        case "word": kind = .word
        case "number": kind = .number
        case "lines": kind = .lines
        case let other where other.hasPrefix("re "):
            let source = String(other.dropFirst(3))
            guard !source.isEmpty, !source.contains(where: { $0 == "{" || $0 == "}" }),
                source.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }),
                (try? TextPattern(source)) != nil
            else { return nil }
            kind = .regex(source)
        default:
            let words = name.split(separator: "|", omittingEmptySubsequences: false)
            let codes = words.compactMap { StatusPattern($0) }
            guard codes.count == words.count, !codes.isEmpty else { return nil }
            kind = .codes(codes)
        }
    }

    /// The octets that stand for the place in the stream: one of the statuses, so that the dialogue can be followed;
    /// else the pattern itself, braces and all.
    public var octets: [UInt8] {
        if case .codes(let codes) = kind { return codes.first.map { [UInt8]($0.example.text.utf8) } ?? [] }
        return [UInt8]("{\(name)}".utf8)
    }

    /// Whether it is a set of statuses.
    var isStatus: Bool { if case .codes = kind { true } else { false } }

    /// Whether a reply with this status is meant; true for what is no set of statuses.
    public func accepts(_ status: ReplyStatus) -> Bool {
        guard case .codes(let codes) = kind else { return true }
        return codes.contains { $0.accepts(status) }
    }

    /// What may be written, for the error that nothing of it was.
    static let advice =
        "patterns are {any}, {word}, {number}, {lines}, {re REGEX}, and at a line's beginning {250|251}, {2xx} or "
        + "{+OK|-ERR}; for the character itself write '\\{'"
}

/// `250`, `2xx`, `25x`, `+OK` or `-ERR`: one status, or those that begin alike.
public struct StatusPattern: Sendable, Hashable {
    private var lowest: UInt16
    private var count: UInt16

    /// The statuses that `text` means; nil where it means none.
    public init?(_ text: some StringProtocol) {
        for status in [ReplyStatus.ok, .err] where text == status.text {
            (lowest, count) = (status.rawValue, 1)
            return
        }
        let octets = Array(text.utf8)
        guard octets.count == 3, let first = octets.first, (0x32...0x35).contains(first) else { return nil }
        (lowest, count) = (0, 1)
        for octet in octets {
            lowest *= 10
            switch octet {
            case 0x30...0x39 where count == 1: lowest += UInt16(octet - 0x30)
            case UInt8(ascii: "x"): count *= 10
            default: return nil
            }
        }
    }

    /// Whether the status is one of them.
    public func accepts(_ status: ReplyStatus) -> Bool { status.rawValue >= lowest && status.rawValue - lowest < count }

    /// The most usual one of them.
    var example: ReplyStatus {
        guard count == 100 else { return ReplyStatus(rawValue: lowest) }
        return ReplyStatus(rawValue: lowest == 300 ? 354 : lowest + 50)
    }
}
