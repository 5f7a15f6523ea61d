/// What an embedded server offers, accepts and refuses.
public struct ServerConfiguration: Sendable {
    /// The SMTP service extensions that the server can offer.
    public enum Extension: String, Sendable, Hashable, CaseIterable {
        /// RFC 2920.
        case pipelining = "PIPELINING"
        /// RFC 1870.
        case size = "SIZE"
        /// RFC 6152.
        case eightBitMIME = "8BITMIME"
        /// RFC 3030.
        case chunking = "CHUNKING"
        /// RFC 2034.
        case enhancedStatusCodes = "ENHANCEDSTATUSCODES"
        /// RFC 6531.
        case smtpUTF8 = "SMTPUTF8"
    }

    /// The name that the server gives itself.
    public var hostName = "mail.example.org"
    /// Text behind the host name in greetings.
    public var banner = "MailTap demo server ready"
    /// User names with their passwords; empty: SMTP offers no AUTH, and POP3 lets nobody in.
    public var accounts: [String: String] = [:]
    /// The SASL mechanisms offered, in this order.
    public var mechanisms: [SASLMechanism] = [.plain, .login, .cramMD5]
    /// The SMTP service extensions offered.
    public var extensions = Set(Extension.allCases)
    /// Octets that a message may have (RFC 1870).
    public var sizeLimit = 64 << 20
    /// Recipients that a mail may have (RFC 5321 section 4.5.3.1.8 asks for 100 at least).
    public var recipientLimit = 1000
    /// Octets of a command line, its CRLF included, that the server reads.
    public var lineLimit = 12_288
    /// Local parts, in lower case, whose addresses are refused with 550 5.1.1.
    public var refusedLocalParts: Set<String> = ["nobody"]
    /// Whether MAIL is refused with 530 before AUTH succeeded (RFC 4954 section 6).
    public var requiresAuthentication = false
    /// Whether the server speaks LMTP instead of SMTP (RFC 2033).
    public var isLMTP = false

    /// A server without accounts that offers all it knows.
    public init() {}
}
