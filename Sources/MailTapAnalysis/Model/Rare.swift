/// Keeps what few values have out of the others, which then pay one word for it.
@usableFromInline struct Rare<Parts: Sendable & Equatable>: Sendable, Equatable {
    /// An array of one: a box that is copied when it is changed while shared, and else changed in place.
    @usableFromInline var box: [Parts]?

    /// Nothing rare.
    init() {}

    /// Whether there is nothing.
    ///
    /// Inlinable, as whoever asks it: other modules would else copy the whole value to ask.
    @inlinable var isEmpty: Bool { if case .none = box { true } else { false } }

    /// What there is.
    var parts: Parts? { box?.first }

    /// Changes the parts; where there were none, `none` is changed.
    mutating func change(none: Parts, _ change: (inout Parts) -> Void) {
        if box == nil { box = [none] }
        box?.withUnsafeMutableBufferPointer { if $0.count == 1 { change(&$0[0]) } }
        // What holds nothing again is as good, and equal, as one that never did.
        if box?.first == none { box = nil }
    }
}
