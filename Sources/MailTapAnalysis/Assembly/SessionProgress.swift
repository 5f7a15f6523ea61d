public import MailTapCore

/// What just happened in a session, for those that watch it live.
public enum SessionProgress: Sendable, Equatable {
    /// The protocol is known.
    case detected
    /// An exchange began: its command was seen.
    case command(Int)
    /// The reply of an exchange is whole (LMTP: each of its replies in turn).
    case reply(Int)
    /// A POP3 listing is whole.
    case listing(Int)
    /// A message is over.
    case message(Int)
    /// A tunnel stands: its index in `Session.tunnels`.
    case tunnel(Int)
    /// TLS begins.
    case tls
    /// Something went wrong around the session.
    case trouble(Trouble)
    /// Octets were lost.
    case gap(Side, UInt64)
}
