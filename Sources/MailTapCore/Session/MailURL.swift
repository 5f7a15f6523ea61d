/// Where a mail server is: `SCHEME://HOST[:PORT]`, as routes and `replay --to` name it.
///
/// The host is a DNS name, an IPv4 address or an IPv6 address in brackets. Nothing follows but an optional `/`.
public struct MailURL: Sendable, Hashable {
    /// What is spoken there.
    public var scheme: Scheme
    /// Host name or address, without brackets; the mail domain for `smtp+mx`.
    public var host: String
    /// TCP port, 1...65535; the scheme's default where none was given.
    public var port: UInt16

    /// A server by its parts; without a port, the scheme's default.
    public init(scheme: Scheme, host: String, port: UInt16? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port ?? scheme.defaultPort
    }

    /// The schemes, each with its protocol, its default port and whether TLS comes first.
    public enum Scheme: String, Sendable, Hashable, CaseIterable {
        /// SMTP on port 25 (RFC 5321).
        case smtp
        /// Submission on port 587 (RFC 6409).
        case submission
        /// Submission under TLS from the first octet, port 465 (RFC 8314); `submissions` means the same.
        case smtps
        /// LMTP on port 24 (RFC 2033).
        case lmtp
        /// POP3 on port 110 (RFC 1939); `pop` means the same.
        case pop3
        /// POP3 under TLS from the first octet, port 995 (RFC 8314); `pops` means the same.
        case pop3s
        /// IMAP on port 143 (RFC 9051).
        case imap
        /// IMAP under TLS from the first octet, port 993 (RFC 8314).
        case imaps
        /// SMTP to whatever hosts DNS names for the domain, in order of preference (RFC 5321 section 5).
        case smtpMX = "smtp+mx"

        /// The scheme that a URL's word stands for, in any case.
        public init?(word: some StringProtocol) {
            switch word.lowercased() {
            case "submissions": self = .smtps
            case "pop": self = .pop3
            case "pops": self = .pop3s
            case let other:
                guard let scheme = Self(rawValue: other) else { return nil }
                self = scheme
            }
        }

        /// The port where a URL names none.
        public var defaultPort: UInt16 {
            switch self {
            case .smtp, .smtpMX: 25
            case .submission: 587
            case .smtps: 465
            case .lmtp: 24
            case .pop3: 110
            case .pop3s: 995
            case .imap: 143
            case .imaps: 993
            }
        }

        /// What to expect until the server speaks.
        public var proto: MailProtocol {
            switch self {
            case .smtp, .submission, .smtps, .lmtp, .smtpMX: .smtp
            case .pop3, .pop3s: .pop3
            case .imap, .imaps: .imap
            }
        }

        /// Whether TLS begins with the first octet (RFC 8314).
        public var isImplicitTLS: Bool {
            switch self {
            case .smtps, .pop3s, .imaps: true
            case .smtp, .submission, .lmtp, .pop3, .imap, .smtpMX: false
            }
        }
    }
}

extension MailURL: CustomStringConvertible {
    /// `scheme://host`, with brackets around IPv6 and the port where it is not the default.
    public var description: String {
        let place = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == scheme.defaultPort
            ? "\(scheme.rawValue)://\(place)" : "\(scheme.rawValue)://\(place):\(port)"
    }
}
