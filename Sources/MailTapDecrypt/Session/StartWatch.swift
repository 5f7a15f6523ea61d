import MailTapCore

/// Watches the clear part of a session for the place where TLS may begin.
///
/// Looks at the first octets of the connection, and at the last line that the client sent before it said more.
struct StartWatch: Sendable {
    /// Octets at the end of a chunk that are looked at: longer lines are neither STARTTLS nor STLS.
    private static let tail = 24
    /// `STARTTLS` (RFC 3207) as the number that its letters make.
    private static let starttls: UInt64 = 0x5354_4152_5454_4C53
    /// `STLS` (RFC 2595) likewise.
    private static let stls: UInt64 = 0x5354_4C53

    private let startSeen: Bool
    private var clientSpoke = false
    private var serverSpoke = false
    /// The letters of the client's open line, at most eight.
    private var letters: UInt64 = 0
    private var count = 0
    /// Whether the client's last line asked for TLS.
    private var isAskedFor = false

    /// - Parameter startSeen: whether the connection's beginning was seen.
    init(startSeen: Bool) { self.startSeen = startSeen }

    /// How TLS would begin with the client's next octet; nil where it can't.
    var possibleStart: TLSMark.Start? {
        if clientSpoke { return isAskedFor ? .starttls : nil }
        if !serverSpoke { return .implicit }
        // The capture may begin between STARTTLS and its answer.
        return startSeen ? nil : .starttls
    }

    /// Octets that went in clear.
    mutating func note(_ bytes: RawSpan, from side: Side) {
        guard side == .client else {
            serverSpoke = true
            return
        }
        clientSpoke = true
        var start = 0
        if bytes.byteCount > Self.tail {
            start = bytes.byteCount - Self.tail
            count = Int.max
        }
        for index in start..<bytes.byteCount { note(bytes[octet: index]) }
    }

    /// Octets are missing.
    mutating func noteGap(_ side: Side) {
        if side == .client { (clientSpoke, isAskedFor, count) = (true, false, Int.max) } else { serverSpoke = true }
    }

    private mutating func note(_ octet: UInt8) {
        switch octet {
        case 10:
            isAskedFor = count == 8 && letters == Self.starttls || count == 4 && letters == Self.stls
            (letters, count) = (0, 0)
        case 13, 32, 9: isAskedFor = false
        default:
            isAskedFor = false
            letters = letters << 8 | UInt64(octet & 0xDF)
            if count < Int.max { count += 1 }
        }
    }
}
