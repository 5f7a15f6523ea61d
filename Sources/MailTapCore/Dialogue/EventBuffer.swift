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

    private var items: [Item] = []

    /// Adds an event; `octets` are those of its range, out of what was offered, or empty where it has none to show.
    mutating func append(_ event: Event, _ octets: RawSpan) {
        items.append(.event(event, hasOctets: octets.byteCount > 0))
    }

    /// Adds a stretch of content: the octets `from..<to` of what was offered.
    mutating func content(_ from: Int, _ to: Int, of side: Side) {
        items.append(.content(side, from: from, to: to))
    }

    /// Hands everything on and forgets it.
    ///
    /// - Parameters:
    ///   - offered: what the decoder was offered in this step; empty where it was offered nothing.
    ///   - base: offset of its first octet in the side's stream.
    mutating func deliver(_ offered: RawSpan, at base: UInt64, to handler: inout some DialogueHandler) {
        guard !items.isEmpty else { return }
        for item in items {
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
        items.removeAll(keepingCapacity: true)
    }
}
