/// What one step of a decoder decided: events, and stretches of content between them, in order.
///
/// Decoders write into this and know no handler, so that their code is compiled once and calls nothing it does not
/// know. No octet is copied: those of an event are found again by its range, while what was offered is at hand.
struct EventBuffer: Sendable {
    private enum Item: Sendable {
        case event(Event, hasOctets: Bool)
        /// Offsets into what was offered.
        case content(Side, from: Int, to: Int)
    }

    /// What was decided first; it stands here, since most steps decide no more, and an array lies elsewhere.
    private var first: Item?
    /// The first `count` are what was decided then; those behind are room.
    private var further: [Item] = []
    private var count = 0

    /// Adds an event; `octets` are those of its range, out of what was offered, or empty where it has none to show.
    mutating func append(_ event: Event, _ octets: RawSpan) {
        append(.event(event, hasOctets: octets.byteCount > 0))
    }

    /// Adds a stretch of content: the octets `from..<to` of what was offered.
    mutating func content(_ from: Int, _ to: Int, of side: Side) {
        append(.content(side, from: from, to: to))
    }

    private mutating func append(_ item: Item) {
        guard case .some = first else {
            first = item
            return
        }
        if further.isEmpty { further.reserveCapacity(7) }
        if count < further.count { further[count] = item } else { further.append(item) }
        count += 1
    }

    /// Hands everything on and forgets it.
    ///
    /// - Parameters:
    ///   - offered: what the decoder was offered in this step; empty where it was offered nothing.
    ///   - base: offset of its first octet in the side's stream.
    mutating func deliver(_ offered: RawSpan, at base: UInt64, to handler: inout some DialogueHandler) {
        guard let item = first else { return }
        first = nil
        Self.deliver(item, offered, base, &handler)
        for index in 0..<count { Self.deliver(further[index], offered, base, &handler) }
        count = 0
    }

    @inline(__always)
    private static func deliver(
        _ item: Item, _ offered: RawSpan, _ base: UInt64, _ handler: inout some DialogueHandler
    ) {
        switch item {
        case .event(let event, hasOctets: true):
            let start = Int(event.range.start &- base)
            handler.handle(event, offered.extracting(start..<start + Int(event.range.length)))
        case .event(let event, hasOctets: false):
            handler.handle(event, RawSpan())
        case .content(let side, let from, let to):
            handler.content(offered.extracting(from..<to), from: side)
        }
    }
}
