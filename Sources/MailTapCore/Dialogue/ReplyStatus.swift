/// What a reply says first: an SMTP reply code, or a POP3 status indicator.
public struct ReplyStatus: Sendable, Hashable {
    /// The code as a number; the POP3 indicators are 1, 2 and 3; 0 stands for a line without any.
    public var rawValue: UInt16

    /// A status from its number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A line that has no status.
    public static var none: ReplyStatus { ReplyStatus(rawValue: 0) }
    /// POP3 `+OK` (RFC 1939 section 3).
    public static var ok: ReplyStatus { ReplyStatus(rawValue: 1) }
    /// POP3 `-ERR` (RFC 1939 section 3).
    public static var err: ReplyStatus { ReplyStatus(rawValue: 2) }
    /// POP3 `+`, a SASL challenge (RFC 5034 section 4).
    public static var plus: ReplyStatus { ReplyStatus(rawValue: 3) }

    /// 353: each recipient gets a verdict on the content, in replies that follow (draft-hall-prdr).
    public static let judged = ReplyStatus(rawValue: 353)

    /// Whether the command succeeded: 2yz (RFC 5321 section 4.2.1) or `+OK`.
    public var isPositive: Bool { rawValue == 1 || rawValue / 100 == 2 }
    /// Whether a login succeeded: 235, and no other code (RFC 4954 section 6), or `+OK`.
    public var grantsLogin: Bool { rawValue == 1 || rawValue == 235 }
    /// Whether the server asks for more: 3yz or `+`.
    public var isIntermediate: Bool { rawValue == 3 || rawValue / 100 == 3 }
    /// Whether the command failed: 4yz, 5yz or `-ERR`.
    public var isNegative: Bool { rawValue == 2 || rawValue / 100 == 4 || rawValue / 100 == 5 }

    /// As it stands on the wire: three digits, `+OK`, `-ERR`, `+`; empty for none.
    public var text: String {
        switch rawValue {
        case 0: ""
        case 1: "+OK"
        case 2: "-ERR"
        case 3: "+"
        case 100...: String(rawValue)
        default: String(repeating: "0", count: max(0, 3 - String(rawValue).count)) + String(rawValue)
        }
    }
}
