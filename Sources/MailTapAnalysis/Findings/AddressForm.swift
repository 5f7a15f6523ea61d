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

    /// What is forbidden in an address and yet in use, in words: dots of the local part as large providers hand them out,
    /// domains as many clients write them.
    static func lapse(_ address: String) -> String? {
        let octets = Array(address.utf8)
        guard octets.first != UInt8(ascii: "@"), let at = octets.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        return octets.first == UInt8(ascii: "\"")
            ? domainLapse(octets[(at + 1)...])
            : dotLapse(octets[..<at]) ?? domainLapse(octets[(at + 1)...])
    }

    private static func dotLapse(_ local: ArraySlice<UInt8>) -> String? {
        let dot = UInt8(ascii: ".")
        if local.first == dot { return "the local part begins with a dot" }
        if local.last == dot { return "the local part ends with a dot" }
        return zip(local, local.dropFirst()).contains { $0 == dot && $1 == dot }
            ? "two dots follow each other in the local part" : nil
    }

    /// RFC 5321 sections 2.3.5 and 4.1.3.
    static func domainLapse(_ domain: ArraySlice<UInt8>) -> String? {
        if domain.contains(UInt8(ascii: "_")), domain.first != UInt8(ascii: "[") {
            return "the domain has an underscore, which host names have not"
        }
        if domain.last == UInt8(ascii: ".") { return "the domain ends with a dot" }
        return domain.last.map { $0 &- 48 < 10 } == true && IPAddress(SMTPGrammar.text(domain)) != nil
            ? "an address in the domain's place stands in brackets" : nil
    }

    /// Whether it is surely a good address, of the plain form that nearly all have: neither `problem` nor `lapse` finds
    /// anything in it.
    static func isUsual(_ address: RawSpan) -> Bool {
        guard address.byteCount <= 255 else { return false }
        var before = UInt8(ascii: ".")
        for index in 0..<address.byteCount {
            let octet = address[octet: index]
            if octet == UInt8(ascii: "@") {
                // An address without its brackets ends with a digit, as hardly any name does.
                return index <= 64 && before != UInt8(ascii: ".") && address[octet: address.byteCount - 1] &- 48 >= 10
                    && isUsualName(address.extracting((index + 1)...), dots: 0)
            }
            if octet == UInt8(ascii: ".") {
                if before == octet { return false }
            } else if !isPlain(octet), octet != UInt8(ascii: "-"), octet != UInt8(ascii: "_"),
                octet != UInt8(ascii: "+"), octet != UInt8(ascii: "=")
            {
                return false
            }
            before = octet
        }
        return false
    }

    /// Whether a name is surely a full domain name, of the plain form that nearly all have.
    static func isUsualDomain(_ name: RawSpan) -> Bool { name.byteCount <= 255 && isUsualName(name, dots: 1) }

    /// Whether it is labels of letters, digits and hyphens in the middle, with so many dots between them at least.
    private static func isUsualName(_ name: RawSpan, dots: Int) -> Bool {
        var label = 0
        var missing = dots
        var before = UInt8(ascii: ".")
        for index in 0..<name.byteCount {
            let octet = name[octet: index]
            if octet == UInt8(ascii: ".") {
                guard label > 0, label <= 63, before != UInt8(ascii: "-") else { return false }
                label = 0
                missing -= 1
            } else {
                guard isPlain(octet) || octet == UInt8(ascii: "-") && label > 0 else { return false }
                label += 1
            }
            before = octet
        }
        return label > 0 && label <= 63 && before != UInt8(ascii: "-") && missing <= 0
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
                guard IPAddress(text)?.isIPv4 == isTagged else { return nil }
                return isTagged ? "an IPv4 literal has no tag" : "an IPv6 literal needs its tag, IPv6:"
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
        var rest = octets
        // A final dot is common in configurations and harmless.
        if rest.count > 1, rest.last == UInt8(ascii: ".") { rest.removeLast() }
        var label = 0
        var before = UInt8(ascii: ".")
        for octet in rest {
            if octet == UInt8(ascii: ".") {
                guard label > 0, label <= 63, before != UInt8(ascii: "-") else { return false }
                label = 0
            } else {
                // Underscores are no letters of host names, yet of many names in use.
                let isHyphen = octet == UInt8(ascii: "-")
                guard isLetterOrDigit(octet) || octet == UInt8(ascii: "_") || isHyphen && label > 0 else {
                    return false
                }
                label += 1
            }
            before = octet
        }
        return label > 0 && label <= 63 && before != UInt8(ascii: "-")
    }

    private static func isLocalPart(_ octets: ArraySlice<UInt8>) -> Bool {
        if octets.first == UInt8(ascii: "\"") {
            return isQuotedString(octets)
        }
        // Dots in odd places are a lapse, see above.
        return octets.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || atomSpecials.contains($0) }
    }

    /// RFC 5321 section 4.1.2: printable characters, quotes and backslashes behind a backslash only.
    private static func isQuotedString(_ octets: ArraySlice<UInt8>) -> Bool {
        guard octets.count >= 2, octets.last == UInt8(ascii: "\"") else { return false }
        var rest = octets.dropFirst().dropLast()
        while let octet = rest.popFirst() {
            guard octet >= 32, octet != 127, octet != UInt8(ascii: "\"") else { return false }
            if octet == UInt8(ascii: "\\"), rest.popFirst() == nil { return false }
        }
        return true
    }

    private static let atomSpecials = Set("!#$%&'*+-/=?^_`{|}~".utf8)

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool { isPlain(octet) || octet > 127 }

    /// A letter or digit of ASCII.
    private static func isPlain(_ octet: UInt8) -> Bool { (octet | 0x20) &- 97 < 26 || octet &- 48 < 10 }
}
