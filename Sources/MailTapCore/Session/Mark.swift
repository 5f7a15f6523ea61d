/// What a trace holds beside octets.
public enum Mark: Sendable, Hashable {
    /// The side will send no more (FIN, or end of its input).
    case eof(Side)
    /// The side aborted the connection (RST).
    case reset(Side)
    /// This many octets of the side's stream are known to be lost here.
    case gap(Side, UInt64)
    /// Segments overlapped here with different octets; the first seen stand in the stream.
    case conflict(StreamRange)
    /// The octets of this range were replaced before they were written. Stands before the octets it speaks of.
    case masked(Mask)
    /// A dialogue file lets the octets of this range vary. Stands before the octets it speaks of.
    case pattern(StreamRange, ReplyPattern)
    /// MailTap sent these octets on in place of that range (empty: nothing went on). Stands before the range's octets.
    case forwarded(StreamRange, [UInt8])
    /// The octets of this range were sent by MailTap itself, not by the side. Stands before the octets.
    case injected(StreamRange)
    /// TLS began; what follows in this trace is plaintext where `isDecrypted`.
    case tls(TLSMark)
    /// Something outside the dialogue went wrong.
    case trouble(Trouble)
    /// The source knows how the session ended.
    case ended(Ending)

    /// Whether the session went on with it; that octets came again differently tells only of what was there before.
    public var isStep: Bool {
        if case .conflict = self { false } else { true }
    }
}

/// Why a session stopped.
public enum Ending: String, Sendable, Hashable, CaseIterable {
    /// The client said QUIT and the connection closed.
    case quit
    /// The client closed without QUIT.
    case clientClosed = "client-closed"
    /// The server closed although no QUIT was said.
    case serverClosed = "server-closed"
    /// Either side aborted the connection.
    case reset
    /// An idle timeout of the proxy ended it.
    case timeout
    /// The input ends while the session was still open.
    case open
    /// MailTap ended it (shutdown, or on demand).
    case killed
}

/// Something outside the dialogue that went wrong, in a form that a recording can keep.
public struct Trouble: Sendable, Hashable {
    /// A stable word: `connect-failed`, `tls-expected`, `tls-client-failed`, `tls-server-failed`, `recording-cut`,
    /// `buffer-limit`, `decrypt-failed`, `tls-alert`, `snapshot-length`, `out-of-window`,
    /// `after-fin`.
    public var code: String
    /// One sentence for a person; never holds content or credentials.
    public var text: String

    /// Something that went wrong.
    public init(code: String, text: String) {
        self.code = code
        self.text = text
    }
}

/// Where TLS began, and what is known of it.
public struct TLSMark: Sendable, Hashable {
    /// How TLS began.
    public enum Start: String, Sendable, Hashable {
        /// From the first octet (RFC 8314).
        case implicit
        /// After STARTTLS (RFC 3207) or STLS (RFC 2595).
        case starttls
    }

    /// One certificate that a server showed; its texts are printable.
    public struct Certificate: Sendable, Hashable {
        /// Whom it is for, as a distinguished name.
        public var subject: String
        /// Who signed it.
        public var issuer: String
        /// Host names and addresses that it is for.
        public var names: [String]
        /// From when it is valid; the epoch where it can't be decoded.
        public var notBefore: Timestamp
        /// Until when.
        public var notAfter: Timestamp
        /// SHA-256 of its DER form, in hexadecimal digits.
        public var sha256: String

        /// One certificate.
        public init(
            subject: String, issuer: String, names: [String], notBefore: Timestamp, notAfter: Timestamp, sha256: String
        ) {
            self.subject = subject
            self.issuer = issuer
            self.names = names
            self.notBefore = notBefore
            self.notAfter = notAfter
            self.sha256 = sha256
        }
    }

    /// What was negotiated on one leg.
    public struct Leg: Sendable, Hashable {
        /// `TLSv1.2`, `TLSv1.3`; nil where unknown.
        public var version: String?
        /// IANA name of the cipher suite; nil where unknown.
        public var cipher: String?
        /// Server name that the client of this leg asked for.
        public var sni: String?
        /// Whether the server's certificate was verified; nil where nobody tried.
        public var verified: Bool?
        /// What is wrong with the server's certificate, in words.
        public var problem: String?
        /// Why the server's certificate was accepted, in words: who vouches for it, the name, the last day.
        public var reason: String?
        /// Application protocol that the server chose (ALPN, RFC 7301); nil where none was.
        public var alpn: String?
        /// Names in the server's certificate, where it was seen.
        public var certificateNames: [String]
        /// The certificates that the server of this leg showed, its own first; few, where a proxy terminated TLS.
        public var chain: [Certificate]

        /// What was negotiated on one leg.
        public init(
            version: String? = nil, cipher: String? = nil, sni: String? = nil, verified: Bool? = nil,
            problem: String? = nil, reason: String? = nil, alpn: String? = nil, certificateNames: [String] = [],
            chain: [Certificate] = []
        ) {
            self.version = version
            self.cipher = cipher
            self.sni = sni
            self.verified = verified
            self.problem = problem
            self.reason = reason
            self.alpn = alpn
            self.certificateNames = certificateNames
            self.chain = chain
        }

        /// The same, with what only `other` knows.
        public func completed(by other: Leg) -> Leg {
            Leg(
                version: version ?? other.version, cipher: cipher ?? other.cipher, sni: sni ?? other.sni,
                verified: verified ?? other.verified, problem: problem ?? other.problem,
                reason: reason ?? other.reason, alpn: alpn ?? other.alpn,
                certificateNames: certificateNames.isEmpty ? other.certificateNames : certificateNames,
                chain: chain.isEmpty ? other.chain : chain)
        }
    }

    /// How TLS began.
    public var start: Start
    /// Whether the trace goes on in plaintext.
    public var isDecrypted: Bool
    /// The client's leg, or the only one.
    public var client: Leg
    /// The leg to the server, where the proxy terminated both.
    public var upstream: Leg?

    /// Whether the client's own leg is under TLS: a proxy may speak TLS with the server alone.
    public var isClientUnderTLS: Bool { upstream == nil || client.version != nil }

    /// Where TLS began.
    public init(start: Start, isDecrypted: Bool, client: Leg, upstream: Leg? = nil) {
        self.start = start
        self.isDecrypted = isDecrypted
        self.client = client
        self.upstream = upstream
    }
}
