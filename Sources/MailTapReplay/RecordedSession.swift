public import MailTapAnalysis

/// A session together with the octets of its messages, as far as they are known.
public struct RecordedSession: Sendable, Equatable {
    /// What was said.
    public var session: Session
    /// The octets of `session.messages`, one for one; shorter or empty where they were not kept.
    public var contents: [[UInt8]]

    /// A session and its messages' octets.
    public init(session: Session, contents: [[UInt8]] = []) {
        self.session = session
        self.contents = contents
    }

    /// The octets of a message; nil where they were not kept or are not all of it.
    public func content(of message: Int) -> [UInt8]? {
        guard session.messages.indices.contains(message), contents.indices.contains(message),
            UInt64(contents[message].count) == session.messages[message].bytes
        else { return nil }
        return contents[message]
    }
}
