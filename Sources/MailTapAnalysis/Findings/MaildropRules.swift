import MailTapCore

/// POP3: states, message numbers, listings, sizes, unique ids.
struct MaildropRules {
    /// Sizes by message number, as LIST gave them.
    private var sizes: [Int: UInt64] = [:]
    /// Unique ids by message number, as UIDL gave them.
    private var ids: [Int: [UInt8]] = [:]
    /// What STAT said, while nothing was deleted since.
    private var total: (count: Int, octets: UInt64)?
    /// Whether the client tried to log in, by whatever means.
    private var triedLogin = false
    /// SASL mechanisms that the server listed when AUTH alone asked for them.
    private var listed: [String] = []
    /// Whether the server agreed to UTF8 (RFC 6856 section 2).
    private var isUTF8 = false

    mutating func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.verb != .none else { return }
        order(place, &found)
        extensions(place, &found)
        mechanism(place, &found)
        let words = arguments(place, &found)
        if place.facts.hasOddCommand { octets(place, &found) }
        guard place.facts.isServers, place.facts.status == .ok else {
            if place.facts.verb == .stls, place.facts.isServers, place.facts.status == .err {
                found.add("pop3.stls-refused", exchange: place.index, "The server answered STLS with -ERR")
            }
            return
        }
        answered(words, place, &found)
    }

    /// What the server took.
    private mutating func answered(
        _ words: [String], _ place: DialoguePlace, _ found: inout FindingList
    ) {
        switch place.facts.verb {
        case .stat:
            let reply = place.exchange.reply
            guard reply?.lines.first?.patterns.isEmpty != false else {
                total = nil
                return
            }
            let words = reply?.lines.first?.text().text.words ?? []
            guard words.count > 1, let count = Int(words[0]), let octets = UInt64(words[1]) else {
                found.add("pop3.bad-listing", exchange: place.index, "The answer to STAT is not a number and a size")
                return
            }
            total = place.state.deleted.isEmpty ? (count, octets) : nil
        case .dele, .rset: total = nil
        case .utf8: isUTF8 = true
        case .auth: if words.isEmpty { listed = place.exchange.data?.map { $0.text().text.keyword } ?? [] }
        case .list: list(place, &found)
        case .uidl: uniqueIDs(words.isEmpty, place, &found)
        case .retr: retrieved(words.first.flatMap { Int($0) }, place, &found)
        default: break
        }
    }

    private mutating func order(_ place: DialoguePlace, _ found: inout FindingList) {
        let isAfter: Bool
        switch place.facts.verb {
        case .user, .pass, .apop:
            triedLogin = true
            guard place.state.phase == .transaction else { return }
            isAfter = false
        case .stat, .list, .uidl, .retr, .top, .dele, .rset, .last:
            guard place.state.phase == .authorization else { return }
            isAfter = true
        case .auth:
            triedLogin = true
            return
        case .stls:
            guard place.facts.isEncrypted else { return }
            found.add("pop3.stls-twice", exchange: place.index, "STLS came under TLS")
            return
        default: return
        }
        guard !place.isPatchy, place.facts.hasReply else { return }
        let verb = place.exchange.command?.verb ?? ""
        if place.facts.status == .err {
            found.add(
                "pop3.wrong-state", exchange: place.index, "\(verb) came in the \(place.state.phase.rawValue) state")
        } else if isAfter, !triedLogin, !place.facts.isEncrypted, place.state.isGreeted {
            // Under TLS, or after a login of a kind not known here, the server may know who it is.
            found.add("pop3.accepted-before-login", exchange: place.index, "\(verb) was answered before any login")
        }
    }

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
        let takesNames =
            place.state.capabilities?.contains { tag in
                tag.keyword == "UTF8" && tag.arguments.contains { $0.uppercased() == "USER" }
            } ?? false
        guard isUTF8 || isLogin && (takesNames || place.isPatchy) else {
            found.add(
                "pop3.8bit-command", exchange: place.index,
                "The command holds octets above 127 and the server has not agreed to UTF-8 in it")
            return
        }
        guard !UTF8Form.isValid(line.octets) else { return }
        found.add("pop3.8bit-command", exchange: place.index, "The command holds octets above 127 that are not UTF-8")
    }

    /// The tag without which a command is not offered; nil where there is none.
    private static func tag(of verb: DialogueVerb) -> String? {
        switch verb {
        case .top: "TOP"
        case .uidl: "UIDL"
        case .stls: "STLS"
        case .utf8: "UTF8"
        case .lang: "LANG"
        case .auth: "SASL"
        default: nil
        }
    }

    private func extensions(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let tag = Self.tag(of: place.facts.verb), place.state.offers(tag) == false, !place.isPatchy,
            let command = place.exchange.command
        else { return }
        // AUTH alone asks which mechanisms there are, as RFC 1734 had it.
        if place.facts.verb == .auth, SMTPGrammar.argument(of: command.line.octets).isEmpty { return }
        let accepted = place.facts.status != .err
        found.add(
            "pop3.extension-not-offered", exchange: place.index,
            "\(command.verb) was used and the server's last CAPA response does not hold \(tag)",
            severity: accepted ? .note : nil)
    }

    /// RFC 5034 section 3: the mechanisms stand behind the tag SASL.
    private func mechanism(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.verb == .auth, !place.isPatchy, let command = place.exchange.command,
            let name = SASLSteps.mechanismName(of: command)
        else { return }
        let tags = place.state.capabilities?.filter { $0.keyword == "SASL" }.flatMap(\.arguments) ?? []
        let offered = tags.map { $0.uppercased() } + listed
        guard !offered.isEmpty, !offered.contains(name) else { return }
        found.add(
            "pop3.mechanism-not-offered", exchange: place.index,
            "The client logs in by \(ShownText.of(name)), and the server offers "
                + ShownText.of(offered.joined(separator: ", ")),
            severity: place.exchange.reply?.status == .err ? nil : .note)
    }

    /// Returns the arguments.
    private func arguments(_ place: DialoguePlace, _ found: inout FindingList) -> [String] {
        // Four letters leave no room for an argument.
        let line = place.exchange.commandOctets
        let words = line.count > 4 ? SMTPGrammar.text(SMTPGrammar.argument(of: line)).words : []
        check(words, place, &found)
        return words
    }

    private func check(_ words: [String], _ place: DialoguePlace, _ found: inout FindingList) {
        let wanted: ClosedRange<Int>
        switch place.facts.verb {
        case .stat, .noop, .rset, .quit, .stls, .capa, .utf8: wanted = 0...0
        case .list, .uidl, .lang: wanted = 0...1
        case .retr, .dele: wanted = 1...1
        case .top, .apop: wanted = 2...2
        case .user: wanted = 1...Int.max
        default: return
        }
        let verb = place.facts.verb
        guard wanted.contains(words.count) else {
            let need = wanted.lowerBound == 0 ? "takes no more than \(wanted.upperBound)" : "needs \(wanted.lowerBound)"
            let what = wanted == 0...0 ? "takes no argument" : "\(need) of its arguments"
            let keyword = place.exchange.command?.verb ?? ""
            found.add("pop3.bad-argument", exchange: place.index, "\(keyword) \(what)")
            return
        }
        guard verb == .list || verb == .uidl || verb == .retr || verb == .dele || verb == .top, let word = words.first
        else { return }
        guard let number = Int(word), words.allSatisfy({ Int($0).map { $0 >= 0 } == true }) else {
            let keyword = place.exchange.command?.verb ?? ""
            found.add("pop3.bad-argument", exchange: place.index, "\(keyword) takes numbers")
            return
        }
        message(number, place, &found)
    }

    /// RFC 1939 section 5: message numbers go from 1 to STAT's, and those marked as deleted are out of reach.
    private func message(_ number: Int, _ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.isServers else { return }
        let status = place.facts.status
        var verb: String { place.exchange.command?.verb ?? "" }
        if place.state.deleted.contains(number) {
            found.add(
                "pop3.deleted-message", exchange: place.index,
                "\(verb) names message \(number), which is marked as deleted"
                    + (status == .ok ? ", and the server answered it" : ""),
                side: .some(status == .ok ? .server : .client))
            return
        }
        let known = place.state.maildrop
        guard number < 1 || known.map({ number > $0 }) == true, !place.isPatchy else { return }
        let range = known.map { "the maildrop holds \($0)" } ?? "numbers begin at 1"
        found.add(
            "pop3.no-such-message", exchange: place.index, "\(verb) names message \(number), and \(range)",
            severity: status == .ok ? .warning : nil, side: .some(status == .ok ? .server : .client))
    }

    private mutating func list(_ place: DialoguePlace, _ found: inout FindingList) {
        let isWhole = place.exchange.data != nil
        let lines = place.exchange.data ?? place.exchange.reply?.lines.prefix(1).map { $0 } ?? []
        guard lines.allSatisfy(\.patterns.isEmpty) else { return }
        var sum: UInt64 = 0
        for line in lines {
            let words = line.text().text.words
            // RFC 1939 section 5 lets a server add more words behind the size.
            guard words.count >= 2, let number = Int(words[0]), let size = UInt64(words[1]) else {
                found.add(
                    "pop3.bad-listing", exchange: place.index, "A line of the listing is not a number and a size")
                return
            }
            if let before = sizes[number], before != size {
                found.add(
                    "pop3.size-mismatch", exchange: place.index,
                    "LIST said \(before) octets for message \(number) before, and \(size) now")
            }
            sizes[number] = size
            sum = sum.addingReportingOverflow(size).partialValue
        }
        guard isWhole, let total, place.exchange.reply?.isComplete == true, !place.isPatchy else { return }
        if total.count != lines.count || total.octets != sum {
            found.add(
                "pop3.size-mismatch", exchange: place.index,
                "STAT said \(ShownText.count(total.count, "message")) with \(ShownText.count(total.octets, "octet")), "
                    + "LIST says \(lines.count) with \(sum)")
        }
    }

    private mutating func uniqueIDs(_ isWhole: Bool, _ place: DialoguePlace, _ found: inout FindingList) {
        let lines = isWhole ? place.exchange.data ?? [] : place.exchange.reply?.lines.prefix(1).map { $0 } ?? []
        guard lines.allSatisfy(\.patterns.isEmpty) else { return }
        var seen: Set<[UInt8]> = []
        for line in lines {
            let words = line.octets.split { $0 == 32 }
            guard words.count >= 2, let number = Int(SMTPGrammar.text(words[0])), (1...70).contains(words[1].count),
                words[1].allSatisfy({ (0x21...0x7E).contains($0) })
            else {
                found.add("pop3.bad-listing", exchange: place.index, "A line of the listing is not a number and an id")
                continue
            }
            if !seen.insert(Array(words[1])).inserted {
                found.add("pop3.duplicate-uidl", exchange: place.index, "The id \(ShownText.of(words[1])) stands twice")
            }
            if let before = ids[number], !before.elementsEqual(words[1]) {
                found.add(
                    "pop3.uidl-changed", exchange: place.index,
                    "Message \(number) had the id \(ShownText.of(before[...])) and has \(ShownText.of(words[1])) now")
            }
            ids[number] = Array(words[1])
        }
        guard isWhole, let total, !place.isPatchy, total.count != lines.count else { return }
        found.add(
            "pop3.size-mismatch", exchange: place.index,
            "STAT said \(ShownText.count(total.count, "message")), UIDL lists \(lines.count)")
    }

    private func retrieved(_ number: Int?, _ place: DialoguePlace, _ found: inout FindingList) {
        guard let number, let index = place.facts.message, place.session.messages.indices.contains(index) else {
            return
        }
        let message = place.session.messages[index]
        guard message.complete, message.patterns.isEmpty else { return }
        if let size = sizes[number], message.bytes != size {
            found.add(
                "pop3.size-mismatch", exchange: place.index,
                "LIST said \(size) octets for message \(number), and \(message.bytes) came")
        } else if let size = announced(place), message.bytes != size {
            found.add(
                "pop3.size-mismatch", exchange: place.index,
                "The response announced \(size) octets for message \(number), and \(message.bytes) came")
        }
    }

    /// The size in `+OK 120 octets`.
    private func announced(_ place: DialoguePlace) -> UInt64? {
        guard let line = place.serverReply?.lines.first, line.patterns.isEmpty else { return nil }
        let words = line.text().text.words
        guard words.count >= 2, words[1].lowercased().hasPrefix("octets") else { return nil }
        return UInt64(words[0])
    }
}
