/// The decoder of one session: finds the protocol, then turns each side's octets into events.
///
/// Pure: no clock, no I/O; total: takes any octets in any order without trapping or throwing.
public struct Dialogue: Sendable {
    /// The protocol, once what was said decided it.
    public private(set) var proto: MailProtocol?

    /// A dialogue in which nothing was said yet.
    ///
    /// - Parameters:
    ///   - expecting: the protocol that the route or the port says; decides only while nothing was said.
    ///   - limits: bounds of memory.
    public init(expecting: MailProtocol? = nil, limits: Limits = Limits()) {}

    /// Offset in `side`'s stream up to which every octet's meaning is decided; those before it may be written to disk
    /// once the secrets reported for them are masked.
    public func decided(_ side: Side) -> UInt64 { 0 }

    /// Octets of `side`, as they came.
    public mutating func receive(
        _ bytes: RawSpan, from side: Side, at time: Timestamp, _ handler: inout some DialogueHandler
    ) {}

    /// A mark of the trace: gaps, ends of a side, TLS that starts in plaintext.
    public mutating func mark(_ mark: Mark, at time: Timestamp, _ handler: inout some DialogueHandler) {}

    /// Nothing follows: what waited for the other side is decided without it.
    public mutating func end(at time: Timestamp, _ handler: inout some DialogueHandler) {}
}
