/// Takes the events of one dialogue, with their octets, in the order in which they were decided.
public protocol DialogueHandler {
    /// An event, with the octets of its range where it is a line (line end included); else the span is empty.
    ///
    /// The span is only valid during the call.
    mutating func handle(_ event: Event, _ bytes: RawSpan)

    /// The next octets of the message being transferred, dot-stuffing undone, in any number of pieces.
    ///
    /// Comes between `contentBegin` and `contentEnd` of `side`.
    mutating func content(_ bytes: RawSpan, from side: Side)
}
