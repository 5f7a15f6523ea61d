import MailTapCore

/// A message on its way.
struct MessageTransfer {
    /// Its index in `Session.messages`.
    let index: Int
    let sender: Side
    /// Whether no octet of it is known to be missing.
    var isIntact = true
    /// Its octets so far.
    var bytes: UInt64 = 0
    /// Nanoseconds of the longest wait for more of its octets.
    var longestPause: Int64 = 0
    var intake: MessageIntake
    /// When its first octet came.
    let began: Timestamp
    /// The octets themselves, where they are kept.
    var content: [UInt8] = []

    init(index: Int, kind: ContentKind, options: SessionOptions, began: Timestamp) {
        self.index = index
        sender = kind.sender
        intake = MessageIntake(options, kind)
        self.began = began
    }
}
