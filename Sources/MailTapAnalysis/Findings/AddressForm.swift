import MailTapCore

/// The form of mail addresses and domain names (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
enum AddressForm {
    /// What is wrong with an address, in words; nil for a good one.
    ///
    /// The null sender is good.
    static func problem(_ address: String, isSender: Bool) -> String? {
        if address.isEmpty { return isSender ? nil : "a recipient can't be empty" }
        var mailbox = Array(address.utf8)[...]
        // A source route in front (RFC 5321 appendix C) is let pass.
        if mailbox.first == UInt8(ascii: "@") {
            guard let colon = mailbox.firstIndex(of: UInt8(ascii: ":")) else {
                return "a source route without an address"
            }
            mailbox = mailbox[mailbox.index(after: colon)...]
        }
        guard let at = mailbox.lastIndex(of: UInt8(ascii: "@")) else {
            return SMTPGrammar.equalsIgnoringCase(mailbox, "postmaster") ? nil : "there is no @ and no domain"
        }
        let local = mailbox[..<at]
        let domain = mailbox[mailbox.index(after: at)...]
        if local.isEmpty { return "there is nothing in front of @" }
        if local.count > 64 { return "the local part has \(local.count) octets, 64 are allowed" }
        if !isLocalPart(local) { return "the local part has characters that would need quoting" }
        return domainProblem(domain)
    }

    private static func domainProblem(_ domain: ArraySlice<UInt8>) -> String? {
        if domain.isEmpty { return "there is nothing behind @" }
        if domain.count > 255 { return "the domain has \(domain.count) octets, 255 are allowed" }
        if domain.first == UInt8(ascii: "[") {
            guard domain.last == UInt8(ascii: "]") else { return "the address literal is not closed" }
            let inside = SMTPGrammar.text(domain.dropFirst().dropLast())
            let isTagged = inside.lowercased().hasPrefix("ipv6:")
            let text = isTagged ? String(inside.dropFirst(5)) : inside
            if IPAddress(text) != nil {
                return IPAddress(text)?.isIPv4 == isTagged ? "an IPv6 literal needs its tag" : nil
            }
            return text.contains(":") && !isTagged ? nil : "the address literal holds no address"
        }
        return isDomain(domain) ? nil : "the domain has characters or labels that domains have not"
    }

    /// Whether a name is a full domain name: at least two labels of letters, digits and hyphens.
    static func isFullDomain(_ name: String) -> Bool {
        let octets = Array(name.utf8)[...]
        return isDomain(octets) && octets.contains(UInt8(ascii: "."))
    }

    private static func isDomain(_ octets: ArraySlice<UInt8>) -> Bool {
        var labels = octets.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // A final dot is common in configurations and harmless.
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        return labels.allSatisfy { label in
            guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
            // Underscores are no letters of host names, yet of many names in use.
            return first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
                && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
    }

    private static func isLocalPart(_ octets: ArraySlice<UInt8>) -> Bool {
        if octets.first == UInt8(ascii: "\"") {
            return octets.count >= 2 && octets.last == UInt8(ascii: "\"") && octets.allSatisfy { $0 >= 32 && $0 != 127 }
        }
        // Dots in odd places are forbidden and yet in use by large providers; they are let pass.
        return octets.allSatisfy { isLetterOrDigit($0) || atomSpecials.contains($0) }
    }

    private static let atomSpecials = Set("!#$%&'*+-/=?^_`{|}~.".utf8)

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet) || octet > 127
    }
}
