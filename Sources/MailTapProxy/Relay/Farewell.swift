import MailTapCore

/// What MailTap says when the server can't be reached: to the client in its protocol, and to the record.
enum Farewell {
    /// The reply to the client, in place of a greeting; empty where TLS comes first, which allows no words in clear.
    ///
    /// SMTP: 421 with 4.3.2 (RFC 5321 section 3.8, RFC 3463); POP3: `-ERR` with SYS/TEMP (RFC 3206); IMAP: an untagged
    /// BYE with UNAVAILABLE (RFC 9051 section 7.1.5).
    static func reply(_ server: MailURL, _ proto: MailProtocol?, _ reason: String) -> [UInt8] {
        guard !server.scheme.isImplicitTLS else { return [] }
        return reply(proto, smtp: "421 4.3.2", "can't reach \(place(server)): \(plain(reason))")
    }

    /// The reply to a client whose session can't go on under TLS, wherever it can still be told.
    static func refusal(_ proto: MailProtocol?, _ failure: String) -> [UInt8] {
        reply(proto, smtp: "421 4.7.0", failure)
    }

    /// Empty where nobody knows what is spoken.
    private static func reply(_ proto: MailProtocol?, smtp: String, _ words: String) -> [UInt8] {
        let code =
            switch proto {
            case nil: ""
            case .smtp: smtp
            case .pop3: "-ERR [SYS/TEMP]"
            case .imap: "* BYE [UNAVAILABLE]"
            }
        guard !code.isEmpty else { return [] }
        return Array("\(code) MailTap: \(plain(words))\r\n".utf8)
    }

    /// The note in the record about a client that did not go through with its handshake.
    static func clientTrouble(_ failure: HandshakeFailure) -> Trouble {
        var text = "TLS with the client failed: \(failure.reason)"
        if let shown = failure.shown {
            text += "; it was shown the certificate \(shown)"
            text += ". If it does not trust MailTap: give it the certificate of 'mailtap ca export', or use --tls pass"
        }
        return Trouble(code: "tls-client-failed", text: text)
    }

    /// The note in the record.
    static func trouble(_ server: MailURL, _ reason: String) -> Trouble {
        Trouble(code: "connect-failed", text: "MailTap could not reach \(place(server)): \(plain(reason))")
    }

    static func place(_ server: MailURL) -> String {
        plain(Endpoint(address: IPAddress(server.host), port: server.port, name: server.host).description)
    }

    /// Printable ASCII alone, short enough for any reply line (RFC 5321 section 4.5.3.1.5: 512 octets).
    private static func plain(_ text: String) -> String {
        String(decoding: text.utf8.prefix(400).map { $0 >= 32 && $0 < 127 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
