import MailTapCore

/// Undoes a content transfer encoding (RFC 2045 section 6) octet stream by octet stream.
///
/// Lenient where senders are careless: what can be decoded is, the rest is counted as a defect or passed on.
enum TransferDecoder {
    /// 7bit, 8bit, binary, and every encoding not known here: the octets are as sent.
    case identity
    case base64(Base64Decoder)
    case quotedPrintable(QuotedPrintableDecoder)

    /// The decoder for a Content-Transfer-Encoding field's value, in lower case without blanks or comments.
    init(_ name: String) {
        switch name {
        case "base64": self = .base64(Base64Decoder())
        case "quoted-printable": self = .quotedPrintable(QuotedPrintableDecoder())
        default: self = .identity
        }
    }

    var isIdentity: Bool {
        if case .identity = self { return true }
        return false
    }
}
