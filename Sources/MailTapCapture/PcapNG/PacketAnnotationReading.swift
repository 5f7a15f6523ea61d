public import MailTapCore

/// Reads the packet comments that begin with `mailtap: `, which hold what packets themselves cannot say.
///
/// The packet path hands every such comment over with the packet that carries it, before that packet's octets are
/// delivered, so that a mark stands before the octets it speaks of. A conformer keeps no state between calls: all that
/// a comment means follows from its text and from the place of its packet. Comments are input, and so hostile.
public protocol PacketAnnotationReading: Sendable {
    /// The marks that a comment stands for, in order; empty for one that says nothing or that is not understood.
    ///
    /// - Parameters:
    ///   - comment: the whole comment, `mailtap: ` included.
    ///   - side: the peer that sent the packet which carries the comment.
    ///   - offset: offset in that side's stream of the packet's first octet of payload; for a packet without payload,
    ///     of the next octet that the side would send.
    func marks(in comment: String, side: Side, offset: UInt64) -> [Mark]

    /// Adds to `info` what a comment says of the session as a whole (its route, what to expect, the peers' names).
    ///
    /// Called, before the session opens, for every comment on the packets up to the one that opens it. Where a
    /// handshake packet carries a comment, the session opens even if no octet is ever sent on it.
    func sessionInfo(in comment: String, _ info: inout SessionInfo)
}
