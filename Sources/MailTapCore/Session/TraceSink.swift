/// Takes what happens on connections, as it happens or as it is read back.
///
/// The proxy, the packet path and the dialogue reader are sources; the recorder, the session builder and the live
/// transcript are sinks. A sink is used from one thread at a time.
public protocol TraceSink: AnyObject {
    /// A connection opened. What happens on it goes to the returned object until its `end`.
    func open(_ info: SessionInfo) -> any SessionSink
}

/// Takes the octets and marks of one session in the order in which they happened.
public protocol SessionSink: AnyObject {
    /// Octets that `side` sent, as received in one read or one in-order delivery.
    ///
    /// The span is only valid during the call. Never empty.
    func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp)
    /// Something other than octets happened.
    func mark(_ mark: Mark, at time: Timestamp)
    /// The session is over; nothing follows.
    func end(at time: Timestamp)
    /// Whether the sink still has a use for the session's octets; a source may ask after each call.
    ///
    /// Once false, octets and the gaps between them need not be given any more; ends and `end` still are.
    var wantsMore: Bool { get }
}

extension SessionSink {
    /// Sinks want everything unless they say otherwise.
    public var wantsMore: Bool { true }
}
