import MailTapCore

/// What comes out of a TLS conversation.
enum TLSOutput: Sendable, Equatable {
    /// Content of a record.
    case data(Side, [UInt8])
    /// An alert that is worth telling.
    case alert(Side, TLSAlert)
    /// Octets that could not be decrypted. The reason stands with the first ones: from there on the side is lost.
    case lost(Side, UInt64, reason: String?)
    /// Early data of the client that was passed over, in octets of ciphertext.
    case skippedEarlyData(UInt64, EarlyData.Loss)
}
