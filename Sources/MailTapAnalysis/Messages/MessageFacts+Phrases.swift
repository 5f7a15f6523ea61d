import MailTapCore

extension MessageFacts {
    /// What the header section shows beside subject and parts, each in a phrase; every claim in it is the sender's.
    public var phrases: [String] {
        var phrases: [String] = []
        if let report { phrases.append(report.phrase) }
        if receivedCount > 0 {
            let fields = receivedFields.dropFirst().split(separator: 10, omittingEmptySubsequences: false)
            phrases.append(ReceivedHop.phrase(fields.map { ReceivedHop($0) }, of: receivedCount))
        }
        if authentication.contains("dkim-signature") {
            let domains = dkimDomains.prefix(4).map { ShownText.of($0) }.joined(separator: ", ")
            phrases.append("carries a DKIM signature\(domains.isEmpty ? "" : " of \(domains)") (RFC 6376)")
        }
        if authentication.contains("arc-seal") { phrases.append("carries an ARC chain (RFC 8617)") }
        if authentication.contains("authentication-results") || authentication.contains("arc-authentication-results") {
            phrases.append("carries results of authentication (RFC 8601)")
        }
        if !list.isEmpty {
            phrases.append(
                "comes from a mailing list: \(list.prefix(6).map { ShownText.of($0) }.joined(separator: ", "))")
        }
        if let autoSubmitted, autoSubmitted != "no" {
            phrases.append("was sent automatically: \(ShownText.of(autoSubmitted)) (RFC 3834)")
        }
        return phrases
    }
}

extension MessageReport {
    /// What the report says, in a phrase.
    var phrase: String {
        let by = reporter.flatMap { $0.isEmpty ? nil : " by \(ShownText.of($0))" } ?? ""
        if type.hasSuffix("delivery-status") {
            let fates = recipients.prefix(4).map { recipient in
                let status = recipient.status.map { code in
                    let meaning = EnhancedStatusCodes.meaning(of: code).map { ": \($0.text)" } ?? ""
                    return ", \(ShownText.of(code))\(meaning)"
                }
                return "\(ShownText.of(recipient.address)) \(ShownText.of(recipient.action ?? "?"))\(status ?? "")"
            }
            let more = recipients.count > 4 ? "; and \(recipients.count - 4) more" : ""
            let unnamed =
                unnamedRecipients == 0
                ? "" : ", and of \(ShownText.count(unnamedRecipients, "recipient")) that it does not name"
            let text = (fates.isEmpty ? "" : ": " + fates.joined(separator: "; ") + more) + unnamed
            return "is a delivery report\(by)\(text) (RFC 3464)"
        }
        let what = disposition.flatMap { $0.isEmpty ? nil : ": \(ShownText.of($0))" } ?? ""
        return type.hasSuffix("feedback-report")
            ? "is a complaint\(by)\(what) (RFC 5965)" : "is a receipt\(by)\(what) (RFC 8098)"
    }
}
