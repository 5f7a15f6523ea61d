import MailTapCore

/// What is known of one direction of a TCP connection.
///
/// Positions are sequence numbers unwrapped to 64 bits; a position minus `base` is an offset in the stream.
struct Direction {
    /// How firmly the first octet's sequence number is known.
    enum Anchor: UInt8 {
        /// Nothing was seen that tells.
        case none
        /// Header fields tell where the direction stood, but no octet was seen yet.
        case acknowledged
        /// Octets wait; one sent before them may still turn up.
        case tentative
        /// As `tentative`, and header fields had told where the direction stood before.
        case tentativeAcknowledged
        /// `base` holds.
        case fixed
    }

    /// The position that the first sequence number seen gets, so that earlier ones fit below.
    static let origin: UInt64 = 1 << 40

    /// Position of the next octet to deliver.
    var next = origin
    /// The sequence number at `next`.
    var nextSequence: UInt32 = 0
    var anchor = Anchor.none
    /// Whether any packet of it was seen.
    var isSeen = false
    /// Whether it was given up to wait for it: it was never seen.
    var isAbsent = false
    /// Whether the initial sequence number was seen.
    var knowsStart = false
    var queue = SegmentQueue()
    /// Position up to which the peer acknowledged.
    var proven: UInt64 = 0
    /// The last record of what was delivered.
    var lastRecord: UInt64 = 0
    /// When its last octets were said.
    var saidAt = Timestamp(nanoseconds: .min)
    // Up to here what every packet looks at, as in `Connection`.

    /// Position of the stream's first octet.
    var base = origin
    /// Where the peer's own direction stood when it did: what it says from there on knows better.
    var provenBy: UInt64 = 0
    /// Position behind its last octet, once its FIN was seen.
    var finish: UInt64?
    /// Whether its FIN, or one that must have been lost, takes the number behind the last octet.
    var isFinished = false
    /// When its FIN was delivered.
    var finishedAt: Timestamp?
    /// When its RST was delivered.
    var resetAt: Timestamp?

    /// Position that an acknowledgement reaches when all octets were delivered.
    ///
    /// A FIN behind which more was said, and taken, was none.
    @inline(__always)
    var covered: UInt64 { isFinished && (finish ?? next) == next ? next &+ 1 : next }

    /// Whether what waits at `position` stands behind the FIN: no peer takes it (RFC 9293 section 3.10.7.4).
    @inline(__always)
    func isBehindFinish(_ position: UInt64) -> Bool {
        isFinished && finish == next && position > next && proven <= next &+ 1
    }

    /// Whether `next` is where the direction stands, and not a guess that waiting octets may lower.
    @inline(__always)
    var isPlaced: Bool { anchor == .fixed || anchor == .acknowledged }

    /// Unwraps a sequence number: the position nearest to `next`.
    @inline(__always)
    func position(_ sequence: UInt32) -> UInt64 {
        next &+ UInt64(bitPattern: Int64(Int32(bitPattern: sequence &- nextSequence)))
    }

    /// The next `count` octets were delivered.
    @inline(__always)
    mutating func deliver(_ count: Int) {
        next &+= UInt64(truncatingIfNeeded: count)
        nextSequence &+= UInt32(truncatingIfNeeded: count)
    }

    /// Makes `position` the next to deliver.
    @inline(__always)
    mutating func advance(to position: UInt64) {
        nextSequence &+= UInt32(truncatingIfNeeded: position &- next)
        next = position
    }

    /// Makes `position` the stream's first octet; nothing was delivered yet.
    mutating func fix(at position: UInt64) {
        advance(to: position)
        base = position
        anchor = .fixed
    }

    /// Takes a header field as the first sign of where the direction stands.
    mutating func anchor(_ sequence: UInt32, as anchor: Anchor) {
        nextSequence = sequence
        next = Self.origin
        base = Self.origin
        self.anchor = anchor
    }
}
