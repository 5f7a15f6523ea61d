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
        if isPlainlyNone(bytes, from: start) { return }
        for index in start..<bytes.byteCount { note(bytes[octet: index]) }
    }

    /// Whether the chunk's end alone tells that no request stands there, as nearly always; notes it then.
    private mutating func isPlainlyNone(_ bytes: RawSpan, from start: Int) -> Bool {
        var last = bytes.byteCount - 1
        guard bytes[octet: last] == 10 else {
            // In the middle of a line that is too long for one.
            guard start > 0, bytes.firstIndex(of: 10, from: start) == nil else { return false }
            isAskedFor = false
            return true
        }
        repeat {
            guard last > start else { return false }
            last -= 1
        } while isBlank(bytes[octet: last])
        // Both requests end with this letter.
        guard bytes[octet: last] & 0xDF != UInt8(ascii: "S") else { return false }
        (isAskedFor, letters, count) = (false, 0, 0)
        return true
    }

    /// Octets are missing.
    mutating func noteGap(_ side: Side) {
        if side == .client { (clientSpoke, isAskedFor, count) = (true, false, Int.max) } else { serverSpoke = true }
    }

    /// A space, a tab, or half of a line end.
    private func isBlank(_ octet: UInt8) -> Bool { octet == 13 || octet == 32 || octet == 9 }

    private mutating func note(_ octet: UInt8) {
        switch octet {
        case 10:
            isAskedFor = count == 8 && letters == Self.starttls || count == 4 && letters == Self.stls
            (letters, count) = (0, 0)
        case _ where isBlank(octet): isAskedFor = false
        default:
            isAskedFor = false
            letters = letters << 8 | UInt64(octet & 0xDF)
            if count < Int.max { count += 1 }
        }
    }
}
