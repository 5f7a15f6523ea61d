import MailTapCore

/// Where a served session stands, by what was said and answered so far.
struct ServedState: Sendable {
    /// Whether the client introduced itself.
    private(set) var hasHello = false
    /// Whether TLS is there.
    private(set) var isEncrypted = false
    /// Whether a login succeeded.
    private(set) var isLoggedIn: Bool
    /// Recipients accepted in the mail transaction under way; nil where there is none.
    private(set) var recipients: Int?
    /// POP3: whether USER was accepted and PASS has to follow.
    private(set) var hasUser = false
    /// POP3: messages marked as deleted.
    private(set) var deleted: Set<Int> = []

    /// The state after the greeting.
    ///
    /// - Parameter isLoggedIn: whether the recording begins behind the login.
    init(isLoggedIn: Bool = false) { self.isLoggedIn = isLoggedIn }

    /// Takes over the answer to an SMTP command; `*data` stands for content, `BDAT LAST` for the last chunk.
    mutating func answered(_ verb: String, _ status: ReplyStatus) {
        switch verb {
        case "EHLO", "HELO", "LHLO":
            guard status.isPositive else { return }
            hasHello = true
            recipients = nil
        case "MAIL" where status.isPositive: recipients = 0
        case "RCPT" where status.isPositive: recipients = recipients.map { $0 + 1 }
        case "RSET" where status.isPositive: recipients = nil
        case "*data", "BDAT LAST": recipients = nil
        case "AUTH" where status.isPositive: isLoggedIn = true
        default: break
        }
    }

    /// Takes over the answer to a POP3 command.
    mutating func answered(_ verb: String, _ number: Int?, isPositive: Bool) {
        guard isPositive else {
            if verb == "PASS" { hasUser = false }
            return
        }
        switch verb {
        case "USER": hasUser = true
        case "PASS", "APOP", "AUTH": isLoggedIn = true
        case "DELE": if let number { deleted.insert(number) }
        case "RSET": deleted = []
        default: break
        }
    }

    /// TLS begins: what was known before is forgotten (RFC 3207 section 4.2, RFC 2595 section 4).
    mutating func encrypted() {
        self = ServedState()
        isEncrypted = true
    }

    /// Why an SMTP command can't be taken now (RFC 5321 section 4.1.4); nil where it can.
    ///
    /// - Parameters:
    ///   - isLMTP: whether LHLO is spoken.
    ///   - needsHello: whether the recorded client introduced itself.
    func refusal(ofSMTP verb: String, isLMTP: Bool, needsHello: Bool) -> String? {
        switch verb {
        case "EHLO" where isLMTP, "HELO" where isLMTP: "500 5.5.1 This is LMTP: LHLO expected"
        case "LHLO" where !isLMTP: "500 5.5.1 This is SMTP: EHLO expected"
        case "MAIL" where needsHello && !hasHello, "AUTH" where needsHello && !hasHello:
            "503 5.5.1 \(isLMTP ? "LHLO" : "EHLO") first"
        case "MAIL" where recipients != nil: "503 5.5.1 A mail transaction is under way"
        case "AUTH" where recipients != nil: "503 5.5.1 AUTH is not allowed in a mail transaction"
        case "AUTH" where isLoggedIn: "503 5.5.1 Already authenticated"
        case "STARTTLS" where isEncrypted: "503 5.5.1 TLS is there already"
        case "RCPT" where recipients == nil: "503 5.5.1 MAIL first"
        case "DATA" where recipients == nil, "BDAT" where recipients == nil: "503 5.5.1 MAIL first"
        case "DATA" where recipients == 0, "BDAT" where recipients == 0: "503 5.5.1 No recipient was accepted"
        default: nil
        }
    }

    /// Why a POP3 command can't be taken now (RFC 1939 sections 4 to 6); nil where it can.
    func refusal(ofPOP3 verb: String, _ number: Int?) -> String? {
        switch verb {
        case "CAPA", "QUIT", "UTF8", "LANG": nil
        case "USER", "PASS", "APOP", "AUTH", "STLS":
            if isLoggedIn {
                "-ERR Already logged in"
            } else if verb == "STLS" && isEncrypted {
                "-ERR TLS is there already"
            } else if verb == "PASS" && !hasUser {
                "-ERR USER first"
            } else {
                nil
            }
        case _ where !isLoggedIn: "-ERR Log in first"
        case "RETR", "TOP", "DELE", "LIST", "UIDL":
            number.flatMap { deleted.contains($0) ? "-ERR Message \($0) is deleted" : nil }
        default: nil
        }
    }
}
