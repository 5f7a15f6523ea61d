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

    private static let beforeLogin: Set<String> = ["USER", "PASS", "APOP"]
    private static let afterLogin: Set<String> = ["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "RSET", "LAST"]

    mutating func apply(_ place: SessionRules.Place, _ found: inout FindingList) {
        guard let command = place.exchange.command else { return }
        let reply = place.serverReply
        let words = SMTPGrammar.text(SMTPGrammar.argument(of: command.line.octets)).words
        order(command, place, &found)
        extensions(command, place, &found)
        mechanism(command, place, &found)
        arguments(command, words, place, &found)
        guard reply?.status == .ok else {
            if command.verb == "STLS", reply?.status == .err {
                found.add("pop3.stls-refused", exchange: place.index, "The server answered STLS with -ERR")
            }
            return
        }
        switch command.verb {
        case "STAT":
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
        case "DELE", "RSET": total = nil
        case "AUTH": if words.isEmpty { listed = place.exchange.data?.map { $0.text().text.keyword } ?? [] }
        case "LIST": list(place, &found)
        case "UIDL": uniqueIDs(words.isEmpty, place, &found)
        case "RETR": retrieved(words.first.flatMap { Int($0) }, place, &found)
        default: break
        }
    }

    private mutating func order(_ command: Command, _ place: SessionRules.Place, _ found: inout FindingList) {
        if Self.beforeLogin.contains(command.verb) || command.verb == "AUTH" { triedLogin = true }
        if command.verb == "STLS", place.exchange.isEncrypted {
            found.add("pop3.stls-twice", exchange: place.index, "STLS came under TLS")
        }
        guard !place.isPatchy, let reply = place.exchange.reply else { return }
        let isAfter = Self.afterLogin.contains(command.verb) && place.state.phase == .authorization
        let isBefore = Self.beforeLogin.contains(command.verb) && place.state.phase == .transaction
        guard isAfter || isBefore else { return }
        if reply.status == .err {
            found.add(
                "pop3.wrong-state", exchange: place.index,
                "\(command.verb) came in the \(place.state.phase.rawValue) state")
        } else if isAfter, !triedLogin, !place.exchange.isEncrypted, place.state.isGreeted {
            // Under TLS, or after a login of a kind not known here, the server may know who it is.
            found.add(
                "pop3.accepted-before-login", exchange: place.index, "\(command.verb) was answered before any login")
        }
    }

    private func extensions(_ command: Command, _ place: SessionRules.Place, _ found: inout FindingList) {
        let tags = ["TOP": "TOP", "UIDL": "UIDL", "STLS": "STLS", "UTF8": "UTF8", "LANG": "LANG", "AUTH": "SASL"]
        guard let tag = tags[command.verb], place.state.offers(tag) == false, !place.isPatchy else { return }
        // AUTH alone asks which mechanisms there are, as RFC 1734 had it.
        if command.verb == "AUTH", SMTPGrammar.argument(of: command.line.octets).isEmpty { return }
        let accepted = place.exchange.reply?.status != .err
        found.add(
            "pop3.extension-not-offered", exchange: place.index,
            "\(command.verb) was used and the server's last CAPA response does not hold \(tag)",
            severity: accepted ? .note : nil)
    }

    /// RFC 5034 section 3: the mechanisms stand behind the tag SASL.
    private func mechanism(_ command: Command, _ place: SessionRules.Place, _ found: inout FindingList) {
        guard command.verb == "AUTH", !place.isPatchy, let name = SASLSteps.mechanismName(of: command) else { return }
        let tags = place.state.capabilities?.filter { $0.keyword == "SASL" }.flatMap(\.arguments) ?? []
        let offered = tags.map { $0.uppercased() } + listed
        guard !offered.isEmpty, !offered.contains(name) else { return }
        found.add(
            "pop3.mechanism-not-offered", exchange: place.index,
            "The client logs in by \(ShownText.of(name)), and the server offers "
                + ShownText.of(offered.joined(separator: ", ")),
            severity: place.exchange.reply?.status == .err ? nil : .note)
    }

    private func arguments(
        _ command: Command, _ words: [String], _ place: SessionRules.Place, _ found: inout FindingList
    ) {
        let wanted: ClosedRange<Int>
        switch command.verb {
        case "STAT", "NOOP", "RSET", "QUIT", "STLS", "CAPA", "UTF8": wanted = 0...0
        case "LIST", "UIDL", "LANG": wanted = 0...1
        case "RETR", "DELE": wanted = 1...1
        case "TOP", "APOP": wanted = 2...2
        case "USER": wanted = 1...Int.max
        default: return
        }
        guard wanted.contains(words.count) else {
            let need = wanted.lowerBound == 0 ? "takes no more than \(wanted.upperBound)" : "needs \(wanted.lowerBound)"
            let what = wanted == 0...0 ? "takes no argument" : "\(need) of its arguments"
            found.add("pop3.bad-argument", exchange: place.index, "\(command.verb) \(what)")
            return
        }
        guard ["LIST", "UIDL", "RETR", "DELE", "TOP"].contains(command.verb), let word = words.first else { return }
        guard let number = Int(word), words.allSatisfy({ Int($0).map { $0 >= 0 } == true }) else {
            found.add("pop3.bad-argument", exchange: place.index, "\(command.verb) takes numbers")
            return
        }
        message(number, command, place, &found)
    }

    /// RFC 1939 section 5: message numbers go from 1 to STAT's, and those marked as deleted are out of reach.
    private func message(
        _ number: Int, _ command: Command, _ place: SessionRules.Place, _ found: inout FindingList
    ) {
        guard let status = place.serverReply?.status else { return }
        if place.state.deleted.contains(number) {
            found.add(
                "pop3.deleted-message", exchange: place.index,
                "\(command.verb) names message \(number), which is marked as deleted"
                    + (status == .ok ? ", and the server answered it" : ""),
                side: .some(status == .ok ? .server : .client))
            return
        }
        let known = place.state.maildrop
        guard number < 1 || known.map({ number > $0 }) == true, !place.isPatchy else { return }
        let range = known.map { "the maildrop holds \($0)" } ?? "numbers begin at 1"
        found.add(
            "pop3.no-such-message", exchange: place.index, "\(command.verb) names message \(number), and \(range)",
            severity: status == .ok ? .warning : nil, side: .some(status == .ok ? .server : .client))
    }

    private mutating func list(_ place: SessionRules.Place, _ found: inout FindingList) {
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

    private mutating func uniqueIDs(_ isWhole: Bool, _ place: SessionRules.Place, _ found: inout FindingList) {
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

    private func retrieved(_ number: Int?, _ place: SessionRules.Place, _ found: inout FindingList) {
        guard let number, let index = place.exchange.message, place.session.messages.indices.contains(index) else {
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
    private func announced(_ place: SessionRules.Place) -> UInt64? {
        guard let line = place.serverReply?.lines.first, line.patterns.isEmpty else { return nil }
        let words = line.text().text.words
        guard words.count >= 2, words[1].lowercased().hasPrefix("octets") else { return nil }
        return UInt64(words[0])
    }
}
