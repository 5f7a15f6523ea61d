import MailTapCore

/// Why a handshake came to nothing.
struct HandshakeFailure: Sendable, Equatable {
    /// The reason in words, such as `what came is no TLS`.
    var reason: String
    /// The alert that the peer sent (RFC 8446 section 6.2).
    var alert: String?
    /// The certificate that a client was shown, in words.
    var shown: String?
    /// What is known of the leg all the same.
    var leg: TLSMark.Leg?
}
