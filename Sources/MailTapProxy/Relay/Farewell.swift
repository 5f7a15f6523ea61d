import MailTapCore

/// What MailTap says when the server can't be reached: to the client in its protocol, and to the record.
enum Farewell {
    /// The reply to the client, in place of a greeting; empty where TLS comes first, which allows no words in clear.
    ///
    /// SMTP: 421 with 4.3.2 (RFC 5321 section 3.8, RFC 3463); POP3: `-ERR` with SYS/TEMP (RFC 3206); IMAP: an untagged
    /// BYE with UNAVAILABLE (RFC 9051 section 7.1.5).
    static func reply(_ server: MailURL, _ reason: String) -> [UInt8] {
        guard !server.scheme.isImplicitTLS else { return [] }
        let code =
            switch server.scheme.proto {
            case .smtp: "421 4.3.2"
            case .pop3: "-ERR [SYS/TEMP]"
            case .imap: "* BYE [UNAVAILABLE]"
            }
        return Array("\(code) MailTap can't reach \(place(server)): \(plain(reason))\r\n".utf8)
    }

    /// The note in the record.
    static func trouble(_ server: MailURL, _ reason: String) -> Trouble {
        Trouble(code: "connect-failed", text: "MailTap could not reach \(place(server)): \(plain(reason))")
    }

    private static func place(_ server: MailURL) -> String {
        plain(Endpoint(address: IPAddress(server.host), port: server.port, name: server.host).description)
    }

    /// Printable ASCII alone, short enough for any reply line (RFC 5321 section 4.5.3.1.5: 512 octets).
    private static func plain(_ text: String) -> String {
        String(decoding: text.utf8.prefix(200).map { $0 >= 32 && $0 < 127 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
