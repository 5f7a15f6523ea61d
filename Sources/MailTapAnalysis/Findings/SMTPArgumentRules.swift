import MailTapCore

/// Arguments of SMTP commands: names, paths, parameters, and extensions that were not offered.
enum SMTPArgumentRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        switch place.facts.verb {
        case .mail, .rcpt, .send, .soml, .saml: if !isUsualPath(place) { path(place, &found) }
        case .ehlo, .helo, .lhlo: hello(place, &found)
        case .etrn, .atrn, .burl, .xclient, .xforward:
            let verb = place.exchange.command?.verb ?? ""
            offered(verb, by: verb, place, &found)
        case .starttls: if place.state.offers(.startTLS) != true { offered("STARTTLS", by: "STARTTLS", place, &found) }
        case .auth:
            if place.state.offers(.auth) != true { offered("AUTH", by: "AUTH", place, &found) }
            mechanism(place, &found)
        case .bdat: if place.state.offers(.chunking) != true { offered("CHUNKING", by: "BDAT", place, &found) }
        default: break
        }
    }

    /// Whether MAIL or RCPT is such as nearly all are, and nothing can be found in it.
    private static func isUsualPath(_ place: DialoguePlace) -> Bool {
        guard let path = place.facts.path, path.lapses.isEmpty, place.facts.parameters.areAll,
            path.address.isEmpty
                ? place.facts.verb != .rcpt
                : place.withCommand({ AddressForm.isUsual($0.extracting(path.address)) })
        else { return false }
        if place.facts.parameters.isEmpty { return true }
        let parameters = place.facts.parameters
        guard let offers = place.state.offers else { return true }
        if let size = parameters.size {
            guard offers.known.contains(.size) else { return false }
            if let limit = offers.sizeLimit, limit > 0, size > limit { return false }
        }
        if parameters.hasBody, !offers.known.contains(.eightBitMIME) { return false }
        return !parameters.wantsUTF8 || offers.known.contains(.utf8)
    }

    private static func offered(
        _ keyword: String, by what: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard place.state.offers(keyword) == false, !place.isPatchy else { return }
        let accepted = place.exchange.reply?.status.isNegative == false
        found.add(
            "smtp.extension-not-offered", exchange: place.index,
            "\(ShownText.of(what)) needs \(keyword), which the server's last EHLO answer does not offer",
            severity: accepted ? .note : nil)
    }

    /// RFC 4954 section 3: the mechanisms stand behind the keyword AUTH.
    private static func mechanism(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let command = place.exchange.command, !place.isPatchy,
            let offers = place.state.offers, offers.capability("AUTH") != nil,
            let name = SASLSteps.mechanismName(of: command), !offers.offers(name, behind: "AUTH")
        else { return }
        let offered = offers.mechanisms("AUTH")
        found.add(
            "smtp.mechanism-not-offered", exchange: place.index,
            "The client logs in by \(ShownText.of(name)), and the server offers "
                + (offered.isEmpty ? "no mechanism" : ShownText.of(offered.joined(separator: ", "))),
            severity: place.exchange.reply?.status.isNegative == false ? .note : nil)
    }

    private static func hello(_ place: DialoguePlace, _ found: inout FindingList) {
        let isUsual = place.withCommand { line in
            let name = line.extracting(SMTPGrammar.argumentPlace(in: line))
            // An address without its brackets ends with a digit, as hardly any name does.
            return AddressForm.isUsualDomain(name) && !(48...57).contains(name[octet: name.byteCount - 1])
        }
        if isUsual { return }
        let name = SMTPGrammar.text(SMTPGrammar.argument(of: place.exchange.commandOctets))
        if name.hasPrefix("["), name.hasSuffix("]") {
            let inside = name.dropFirst().dropLast()
            let isTagged = inside.lowercased().hasPrefix("ipv6:")
            guard let literal = IPAddress(isTagged ? inside.dropFirst(5) : inside), literal.isIPv4 != isTagged else {
                found.add(
                    "smtp.hello-name", exchange: place.index, "\(ShownText.of(name)) is no address literal",
                    severity: .warning)
                return
            }
            if let client = place.session.info.client.address, client != literal {
                found.add(
                    "smtp.hello-literal", exchange: place.index,
                    "The client greets as \(ShownText.of(name)) and connects from \(client)")
            }
            return
        }
        if IPAddress(name) != nil {
            found.add(
                "smtp.hello-name", exchange: place.index,
                "The client greets with \(ShownText.of(name)), an address that lacks its brackets")
            return
        }
        // Without a name the command is not whole. LMTP is spoken inside one host or site, where short names are usual.
        guard !name.isEmpty, place.facts.verb != .lhlo else { return }
        if !AddressForm.isFullDomain(name) {
            found.add(
                "smtp.hello-name", exchange: place.index,
                "The client greets with \(ShownText.of(name)), which is no full domain name")
        } else if let lapse = AddressForm.domainLapse(Array(name.utf8)[...]) {
            found.add("smtp.hello-name", exchange: place.index, "\(ShownText.of(name)): \(lapse)")
        }
    }

    private static func path(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let path = place.path else {
            found.add("smtp.bad-address", exchange: place.index, "No address can be read in the command")
            return
        }
        if path.lapses.contains(.missingBrackets) || path.lapses.contains(.missingCloseBracket) {
            found.add(
                "smtp.missing-brackets", exchange: place.index,
                path.address.isEmpty
                    ? "No address stands in angle brackets"
                    : "The address \(ShownText.of(path.address)) does not stand in angle brackets")
        }
        if path.lapses.contains(.wrongKeyword) {
            let verb = place.exchange.command?.verb ?? ""
            found.add(
                "smtp.path-form", exchange: place.index,
                "\(verb) takes \(verb == "RCPT" ? "TO" : "FROM"): and not \(verb == "RCPT" ? "FROM" : "TO"):",
                severity: .warning)
        }
        if !path.lapses.isDisjoint(with: [.spaceBeforeColon, .spaceAfterColon, .textBehindBracket]) {
            let text =
                path.lapses.contains(.textBehindBracket) ? "Text stands right behind >" : "A space stands at the colon"
            found.add("smtp.path-form", exchange: place.index, text)
        }
        if let problem = AddressForm.problem(path.address, isSender: place.facts.verb != .rcpt) {
            let shown = path.address.isEmpty ? "<>" : ShownText.of(path.address)
            found.add("smtp.bad-address", exchange: place.index, "\(shown): \(problem)")
        } else if let lapse = AddressForm.lapse(path.address) {
            found.add(
                "smtp.bad-address", exchange: place.index, "\(ShownText.of(path.address)): \(lapse)", severity: .note)
        }
        for parameter in path.parameters {
            if let keyword = MailParameters.extensionFor(parameter) {
                offered(keyword, by: parameter.value.map { "\(parameter.key)=\($0)" } ?? parameter.key, place, &found)
            }
        }
        declaredSize(path, place, &found)
    }

    private static func declaredSize(
        _ path: SMTPPath, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard let value = path.parameters.first(where: { $0.key == "SIZE" })?.value, let size = UInt64(value),
            let limit = place.state.offers?.sizeLimit, limit > 0, size > limit
        else { return }
        found.add(
            "smtp.size-over-limit", exchange: place.index,
            "\(size) octets are declared, the server's limit is \(limit)")
    }
}
