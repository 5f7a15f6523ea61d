import MailTapCore

/// What a relay wants done, in this order.
enum RelayEffect: Sendable, Equatable {
    /// Send the very buffer that was just received on to the other side.
    case forward(from: Side)
    /// Send these octets to `side`: a part of what was received, or words of MailTap's own.
    case send(to: Side, [UInt8])
    /// Send FIN to the side, behind everything that was sent to it before.
    case closeOutput(Side)
    /// Close the side's connection, both directions, without waiting for what it has not read yet.
    case close(Side)
    /// Abort the side's connection with RST.
    case reset(Side)
    /// Read no more from the side until told.
    case pauseReads(Side)
    /// Read from the side again.
    case resumeReads(Side)
    /// Begin TLS with the side, behind everything that was sent to it before: a handler below the relay's own.
    ///
    /// Answered by `tlsDone` or `tlsFailed`; octets in between and after are plaintext.
    indirect case startTLS(Side, TLSOpening)
    /// Call with `timer` so many nanoseconds from now.
    case schedule(RelayTimer, after: Int64)
    /// Record the very buffer that was just received as the side's octets.
    case recordReceived(Side)
    /// Record these octets of the side's stream.
    case record(Side, [UInt8])
    /// Record a mark.
    indirect case mark(Mark)
    /// The session is over; no effect follows.
    case end
}
