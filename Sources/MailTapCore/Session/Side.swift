/// The peer of a connection that sent the octets in question.
///
/// Everything directional in MailTap is named after the sender (RFC 5321 section 2.3.2), never after a route.
public enum Side: UInt8, Sendable, Hashable, CaseIterable {
    /// The peer that opened the connection.
    case client
    /// The peer that accepted the connection; in mail it speaks first.
    case server

    /// The other peer.
    public var peer: Side { self == .client ? .server : .client }
}
