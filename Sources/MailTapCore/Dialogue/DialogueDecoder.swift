/// Where offered octets stand in their side's stream, and when they came.
struct Offer {
    /// The peer that sent them.
    let side: Side
    /// Offset of the first offered octet in the side's stream.
    let base: UInt64
    /// When they came.
    let arrivals: Arrivals

    /// The stream range of the offered octets `from..<to`.
    func range(_ from: Int, _ to: Int) -> StreamRange {
        StreamRange(side, base &+ UInt64(from), base &+ UInt64(to))
    }
}

/// When the octets of a stream came, for those that waited and those that did not.
struct Arrivals {
    /// When the newest octet came.
    var latest: Timestamp
    /// Older stretches that waited: `end` offset in the stream and moment, in order; those in front may be decided.
    var earlier: [(end: UInt64, time: Timestamp)] = []

    /// When the octet before offset `end` came.
    func time(at end: UInt64) -> Timestamp {
        guard !earlier.isEmpty else { return latest }
        var low = 0
        var high = earlier.count
        while low < high {
            let middle = (low + high) / 2
            if earlier[middle].end < end { low = middle + 1 } else { high = middle }
        }
        return low < earlier.count ? earlier[low].time : latest
    }
}

/// One protocol's decoder: takes octets from the front of either side's undecided octets, as far as their meaning is
/// certain.
///
/// Total: neither throws nor traps. A value: copying it snapshots the state.
protocol DialogueDecoder: Sendable {
    /// Decodes from the front of what is undecided; returns the number of octets that are decided now.
    ///
    /// 0 means that more octets or the other side's answer are needed. Called again while it makes progress.
    mutating func decode(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) -> Int

    /// `length` octets of `side` are lost at `offset`; everything before was decided or given to `abandon`.
    mutating func gap(_ range: StreamRange, at time: Timestamp, _ events: inout EventBuffer)

    /// These octets at the front can't become a whole line any more (a gap or the end follows); decides them all.
    mutating func abandon(_ bytes: RawSpan, _ offer: Offer, atEnd: Bool, _ events: inout EventBuffer)

    /// Whether `side`'s next octets can't be decided before the other side has said something.
    func isWaiting(_ side: Side) -> Bool

    /// Where the client's credential began whose octets are being skipped, and which is reported at its end.
    var openSecret: UInt64? { get }

    /// What `side` waits for will not be said: decide by what stands there. Returns whether that changed anything.
    mutating func decideAlone(_ bytes: RawSpan, _ side: Side) -> Bool

    /// Whether the server's next octets begin with a reply that nothing the client was seen to say can have had, since
    /// earlier ones were lost: then the client's octets that wait are decided first.
    mutating func misses(replyBefore bytes: RawSpan) -> Bool

    /// Shows what waits of the client before what the server says next is decoded, which may repeat a credential that
    /// stands there; `base` is the first octet's offset.
    mutating func foresee(_ bytes: RawSpan, from base: UInt64)

    /// TLS was terminated by the source: both sides go on in plaintext, as after a new greeting without one.
    mutating func plaintextFollows()

    /// The session is over: closes what is open (content without its end).
    mutating func finish(_ side: Side, offset: UInt64, at time: Timestamp, _ events: inout EventBuffer)
}

extension DialogueDecoder {
    var openSecret: UInt64? { nil }

    mutating func misses(replyBefore bytes: RawSpan) -> Bool { false }

    mutating func foresee(_ bytes: RawSpan, from base: UInt64) {}
}
