extension PendingReply {
    /// Whether a reply of this code can be the answer, for finding the way back after lost replies.
    func canHave(_ code: UInt16) -> Bool {
        if kind == .lost { return false }
        if code / 100 == 4 || code / 100 == 5 { return code != 535 || verb == SMTPVerb.auth.rawValue }
        switch (kind, SMTPVerb(rawValue: verb) ?? .unknown) {
        case (.content, _): return code == 250
        case (.continuation, _), (.command, .auth): return code == 334 || code == 235
        case (.command, .data): return code == 354
        case (.command, .quit): return code == 221
        case (.command, .starttls): return code == 220
        default: return code / 100 == 2 && code != 221 && code != 235
        }
    }
}

extension RawSpan {
    /// The three digits of an SMTP reply line, or nil.
    func replyCode(to end: Int) -> UInt16? {
        guard end >= 3 else { return nil }
        var code: UInt16 = 0
        for index in 0..<3 {
            let octet = self[octet: index]
            guard octet >= 48, octet <= 57 else { return nil }
            code = code * 10 + UInt16(octet - 48)
        }
        return code >= 100 ? code : nil
    }
}
