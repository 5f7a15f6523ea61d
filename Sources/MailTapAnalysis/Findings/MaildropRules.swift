import MailTapCore

/// POP3: which commands the states allow and the server offers, and what it answers.
struct MaildropRules {
    private var listings = ListingRules()
    /// Whether the client tried to log in, by whatever means.
    private var triedLogin = false
    /// Whether a USER was accepted (or not yet answered), and no PASS refused since.
    private var hasName = false
    /// Whether a PASS was refused.
    private var wasRefused = false
    /// SASL mechanisms that the server listed when AUTH alone asked for them.
    private var listed: [String] = []
    /// The same to look up.
    private var isListed: Set<String> = []
    /// Whether the server agreed to UTF8 (RFC 6856 section 2).
    private var isUTF8 = false
    /// Whether QUIT was answered by +OK.
    private var hasQuit = false

    mutating func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        if place.facts.status == .plus { indicator(place, &found) }
        guard place.facts.verb != .none else { return }
        order(place, &found)
        extensions(place, &found)
        mechanism(place, &found)
        let arguments = place.exchange.withCommand { POP3Arguments($0) }
        arguments.check(place, &found)
        if place.facts.hasOddCommand { octets(place, &found) }
        guard place.facts.isServers, place.facts.status == .ok else {
            if place.facts.verb == .stls, place.facts.isServers, place.facts.status == .err {
                found.add("pop3.stls-refused", exchange: place.index, "The server answered STLS with -ERR")
            }
            return
        }
        switch place.facts.verb {
        case .utf8: isUTF8 = true
        case .quit: hasQuit = true
        case .capa: TagRules.apply(place, &found)
        case .auth:
            guard arguments.count == 0 else { break }
            listed = place.exchange.data?.map { $0.text().text.keyword } ?? []
            isListed = Set(listed)
        default: listings.apply(arguments, place, &found)
        }
    }

    /// A `+` asks for the next response of a login, and answers nothing else (RFC 5034 section 4).
    private func indicator(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.isServers, let status = place.exchange.reply?.status.text else { return }
        let what: String
        switch place.facts.verb {
        // What no RFC known here defines may have a dialogue of its own.
        case .response, .other, .xtnd: return
        case .auth:
            guard SMTPGrammar.argument(of: place.exchange.commandOctets).isEmpty else { return }
            what = "AUTH without a mechanism"
        case .none:
            guard !place.state.isGreeted, place.index == 0 else { return }
            what = "the greeting"
        default: what = place.exchange.command?.verb ?? ""
        }
        found.add("pop3.indicator-not-allowed", exchange: place.index, "\(status) is no answer to \(what)")
    }

    // MARK: States

    /// RFC 1939 sections 3 to 7, RFC 2595 section 4, RFC 5034 section 4, RFC 6856 section 2.1.
    private mutating func order(_ place: DialoguePlace, _ found: inout FindingList) {
        let verb = place.facts.verb
        if hasQuit, !place.isPatchy { return wrongState("came after QUIT", place, &found) }
        switch verb {
        case .user:
            triedLogin = true
            hasName = place.facts.status != .err
        case .pass:
            triedLogin = true
            password(place, &found)
        case .apop:
            triedLogin = true
            timestamp(place, &found)
        case .auth: triedLogin = true
        case .stls where place.facts.isEncrypted:
            return found.add("pop3.stls-twice", exchange: place.index, "STLS came under TLS")
        case .stls where isUTF8:
            found.add(
                "pop3.stls-after-utf8", exchange: place.index,
                "STLS came after UTF8" + (place.facts.status == .ok ? ", and the server took it" : ""))
        default: break
        }
        guard place.facts.hasReply else { return }
        switch (verb, place.state.phase) {
        case (.user, .transaction), (.pass, .transaction), (.apop, .transaction), (.auth, .transaction),
            (.stls, .transaction), (.utf8, .transaction):
            guard !place.isPatchy else { return }
            let taken = place.facts.status == .ok ? ", and the server took it" : ""
            wrongState("came in the TRANSACTION state\(taken)", place, &found)
        case (.stat, .authorization), (.list, .authorization), (.uidl, .authorization), (.retr, .authorization),
            (.top, .authorization), (.dele, .authorization), (.rset, .authorization), (.last, .authorization),
            (.noop, .authorization):
            guard !place.isPatchy else { return }
            if place.facts.status == .err {
                wrongState("came in the AUTHORIZATION state", place, &found)
            } else if verb != .noop, !triedLogin, !place.facts.isEncrypted, place.state.isGreeted {
                // Under TLS, or after a login of a kind not known here, the server may know who it is.
                let verb = place.exchange.command?.verb ?? ""
                found.add(
                    "pop3.accepted-before-login", exchange: place.index, "\(verb) was answered before any login")
            }
        default: break
        }
    }

    private func wrongState(_ what: String, _ place: DialoguePlace, _ found: inout FindingList) {
        found.add(
            "pop3.wrong-state", exchange: place.index, "\(ShownText.of(place.exchange.command?.verb ?? "")) \(what)")
    }

    /// RFC 1939 section 7: PASS stands behind a USER that was accepted, and a refused PASS needs a new one.
    private mutating func password(_ place: DialoguePlace, _ found: inout FindingList) {
        // A client that did not wait can't have known that USER was refused.
        let isBlind = place.before.verb == .user && place.before.isAnswered(after: place.facts)
        if !hasName, !isBlind, !place.isPatchy, place.state.phase == .authorization {
            found.add(
                "pop3.pass-without-user", exchange: place.index,
                wasRefused ? "PASS came again, with no USER behind the refusal" : "PASS came without an accepted USER",
                severity: place.facts.status == .ok ? .note : nil)
        }
        guard place.facts.status == .err else { return }
        hasName = false
        wasRefused = true
    }

    /// RFC 1939 section 7: APOP digests a timestamp that the greeting gives.
    private func timestamp(_ place: DialoguePlace, _ found: inout FindingList) {
        guard !place.isPatchy, place.state.isGreeted, let greeting = place.session.exchanges.first,
            greeting.command == nil, let line = greeting.reply?.lines.first, line.patterns.isEmpty
        else { return }
        let text = line.octets
        if let open = text.firstIndex(of: UInt8(ascii: "<")), text[open...].contains(UInt8(ascii: ">")) { return }
        found.add(
            "pop3.extension-not-offered", exchange: place.index,
            "APOP was used and the greeting holds no timestamp",
            severity: place.facts.status == .err ? nil : .note)
    }

    // MARK: Octets

    /// RFC 1939 section 3, RFC 6856 sections 2.1 and 2.2.
    private func octets(_ place: DialoguePlace, _ found: inout FindingList) {
        // Of a credential nothing is told, and a mask's octets say nothing of what stood there.
        guard let line = place.exchange.command?.line, line.secrets.isEmpty, !line.isMasked,
            line.octets.span.bytes.containsHighBit
        else { return }
        switch place.facts.verb {
        case .auth, .response: return
        default: break
        }
        let isLogin = place.facts.verb == .user || place.facts.verb == .apop
        let takesNames = place.state.offers(.utf8Names) == true
        guard isUTF8 || isLogin && (takesNames || place.isPatchy) else {
            found.add(
                "pop3.8bit-command", exchange: place.index,
                "The command holds octets above 127 and the server has not agreed to UTF-8 in it")
            return
        }
        guard !UTF8Form.isValid(line.octets) else { return }
        found.add("pop3.8bit-command", exchange: place.index, "The command holds octets above 127 that are not UTF-8")
    }

    // MARK: Offers

    /// The tag without which a command is not offered; nil where there is none.
    private static func tag(of verb: DialogueVerb) -> (known: Offers.Known, name: StaticString)? {
        switch verb {
        case .top: (.top, "TOP")
        case .uidl: (.uidl, "UIDL")
        case .stls: (.stls, "STLS")
        case .utf8: (.popUTF8, "UTF8")
        case .lang: (.lang, "LANG")
        case .auth: (.sasl, "SASL")
        default: nil
        }
    }

    private func extensions(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let tag = Self.tag(of: place.facts.verb), place.state.offers(tag.known) == false, !place.isPatchy,
            let command = place.exchange.command
        else { return }
        // AUTH alone asks which mechanisms there are, as RFC 1734 had it.
        if place.facts.verb == .auth, SMTPGrammar.argument(of: command.line.octets).isEmpty { return }
        let accepted = place.facts.status != .err
        found.add(
            "pop3.extension-not-offered", exchange: place.index,
            "\(command.verb) was used and the server's last CAPA response does not hold \(tag.name)",
            severity: accepted ? .note : nil)
    }

    /// RFC 5034 section 3: the mechanisms stand behind the tag SASL.
    private func mechanism(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.verb == .auth, !place.isPatchy, let command = place.exchange.command,
            let name = SASLSteps.mechanismName(of: command)
        else { return }
        let offers = place.state.offers
        guard offers?.offers(name, behind: "SASL") != true, !isListed.contains(name) else { return }
        let offered = (offers?.mechanisms("SASL") ?? []) + listed
        guard !offered.isEmpty else { return }
        found.add(
            "pop3.mechanism-not-offered", exchange: place.index,
            "The client logs in by \(ShownText.of(name)), and the server offers "
                + ShownText.of(offered.joined(separator: ", ")),
            severity: place.exchange.reply?.status == .err ? nil : .note)
    }
}
