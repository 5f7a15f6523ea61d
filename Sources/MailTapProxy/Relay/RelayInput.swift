import MailTapCore

/// What happens to a relay, beside octets that come.
enum RelayInput: Sendable, Equatable {
    /// The connection to the server stands.
    case connected
    /// The server can't be reached; the reason in a few words, such as `connection refused`.
    case connectFailed(String)
    /// The side will send no more (FIN).
    case eof(Side)
    /// The side's connection is gone altogether.
    case closed(Side, RelayClosure)
    /// The side takes octets again, or for now takes no more (the write buffer's watermarks).
    case writable(Side, Bool)
    /// Whoever keeps the record can't follow for now, or has caught up.
    case recorderLags(Bool)
    /// A handshake that was asked for ended well; what was negotiated.
    indirect case tlsDone(Side, TLSMark.Leg)
    /// A handshake that was asked for failed; the side's connection is of no more use.
    indirect case tlsFailed(Side, HandshakeFailure)
    /// A timer that the relay asked for has come.
    case timer(RelayTimer)
    /// The proxy is being shut down: end at once.
    case kill
}

/// How a side's connection went away.
enum RelayClosure: Sendable, Equatable {
    /// After both directions had ended, or because the relay closed it.
    case finished
    /// Aborted: a RST, or an error that amounts to one.
    case reset
}

/// The moments a relay may ask to be called at.
enum RelayTimer: Sendable, Hashable, CaseIterable {
    /// Nothing was said for too long.
    case idle
    /// The client had its time to read why the server can't be reached.
    case farewell
}
