/// The mail protocols that MailTap knows by name: the one list that detection, routes and tests go by.
public enum MailProtocol: UInt8, Sendable, Hashable, CaseIterable {
    /// SMTP, Submission and LMTP (RFC 5321, 6409, 2033).
    case smtp
    /// POP3 (RFC 1939).
    case pop3
    /// IMAP (RFC 9051): recognised, relayed and recorded, not decoded yet.
    case imap

    /// The word in JSON, filters and URLs.
    public var name: String {
        switch self {
        case .smtp: "smtp"
        case .pop3: "pop3"
        case .imap: "imap"
        }
    }

    /// The protocol that a registered port stands for, and whether TLS comes first there.
    public static func registered(on port: UInt16) -> (proto: MailProtocol, tls: Bool)? {
        switch port {
        case 25, 587, 24, 2525: (.smtp, false)
        case 465: (.smtp, true)
        case 110: (.pop3, false)
        case 995: (.pop3, true)
        case 143: (.imap, false)
        case 993: (.imap, true)
        default: nil
        }
    }
}
