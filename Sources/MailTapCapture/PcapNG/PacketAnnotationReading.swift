public import MailTapCore

/// Understands the packet comments of a recording, for the reader of captures.
public protocol PacketAnnotationReading: Sendable {
    /// The marks that a packet's comment stands for; empty for a comment that is none of MailTap's.
    ///
    /// - Parameters:
    ///   - comment: the text of one comment, of any origin.
    ///   - side: the side that sent the packet.
    ///   - offset: where in the side's stream the packet's first octet stands.
    func marks(in comment: String, side: Side, offset: UInt64) -> [Mark]
    /// Adds to `info` what a comment on the first packet says of the session.
    func sessionInfo(in comment: String, _ info: inout SessionInfo)
}
