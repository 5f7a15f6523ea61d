import MailTapCore

/// POP3: states, listings, sizes, unique ids.
struct MaildropRules {
    /// Sizes by message number, as LIST gave them.
    private var sizes: [Int: UInt64] = [:]
    /// What STAT said, while nothing was deleted since.
    private var total: (count: Int, octets: UInt64)?

    private static let beforeLogin: Set<String> = ["USER", "PASS", "APOP"]
    private static let afterLogin: Set<String> = ["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "RSET", "LAST"]

    mutating func apply(_ place: SessionRules.Place, _ found: inout FindingList) {
        guard let command = place.exchange.command else { return }
        let reply = place.serverReply
        let argument = SMTPGrammar.text(SMTPGrammar.argument(of: command.line.octets))
        order(command, place, &found)
        extensions(command, place, &found)
        guard reply?.status == .ok else {
            if command.verb == "STLS", reply?.status == .err {
                found.add("pop3.stls-refused", exchange: place.index, "The server answered STLS with -ERR")
            }
            return
        }
        switch command.verb {
        case "STAT":
            let words = reply?.lines.first?.text().text.words ?? []
            guard words.count > 1, let count = Int(words[0]), let octets = UInt64(words[1]) else {
                found.add("pop3.bad-listing", exchange: place.index, "The answer to STAT is not a number and a size")
                return
            }
            total = place.state.deleted.isEmpty ? (count, octets) : nil
        case "DELE", "RSET": total = nil
        case "LIST": list(place, &found)
        case "UIDL": if argument.isEmpty { ids(place, &found) }
        case "RETR": retrieved(Int(argument), place, &found)
        default: break
        }
    }

    private mutating func order(_ command: Command, _ place: SessionRules.Place, _ found: inout FindingList) {
        guard !place.isPatchy, place.exchange.reply != nil else { return }
        let isAfter = Self.afterLogin.contains(command.verb) && place.state.phase == .authorization
        let isBefore = Self.beforeLogin.contains(command.verb) && place.state.phase == .transaction
        guard isAfter || isBefore else { return }
        // A server that takes it knows a login that is not seen here (PREAUTH by certificate, an unknown mechanism).
        guard place.exchange.reply?.status == .err else { return }
        found.add(
            "pop3.wrong-state", exchange: place.index,
            "\(command.verb) came in the \(place.state.phase.rawValue) state")
    }

    private func extensions(_ command: Command, _ place: SessionRules.Place, _ found: inout FindingList) {
        let tags = ["TOP": "TOP", "UIDL": "UIDL", "STLS": "STLS", "UTF8": "UTF8", "LANG": "LANG"]
        guard let tag = tags[command.verb], place.state.offers(tag) == false, !place.isPatchy else { return }
        let accepted = place.exchange.reply?.status == .ok
        found.add(
            "pop3.extension-not-offered", exchange: place.index,
            "\(command.verb) was used and the server's last CAPA response does not hold it",
            severity: accepted ? .note : nil)
    }

    private mutating func list(_ place: SessionRules.Place, _ found: inout FindingList) {
        let isWhole = place.exchange.data != nil
        let lines = place.exchange.data ?? place.exchange.reply?.lines.prefix(1).map { $0 } ?? []
        var sum: UInt64 = 0
        for line in lines {
            let words = line.text().text.words
            // RFC 1939 section 5 lets a server add more words behind the size.
            guard words.count >= 2, let number = Int(words[0]), let size = UInt64(words[1]) else {
                found.add(
                    "pop3.bad-listing", exchange: place.index, "A line of the listing is not a number and a size")
                return
            }
            sizes[number] = size
            sum = sum.addingReportingOverflow(size).partialValue
        }
        guard isWhole, let total, place.exchange.reply?.isComplete == true, !place.isPatchy else { return }
        if total.count != lines.count || total.octets != sum {
            found.add(
                "pop3.size-mismatch", exchange: place.index,
                "STAT said \(total.count) messages with \(total.octets) octets, LIST says \(lines.count) with \(sum)")
        }
    }

    private func ids(_ place: SessionRules.Place, _ found: inout FindingList) {
        var seen: Set<[UInt8]> = []
        for line in place.exchange.data ?? [] {
            let words = line.octets.split { $0 == 32 }
            guard words.count >= 2, Int(SMTPGrammar.text(words[0])) != nil, (1...70).contains(words[1].count),
                words[1].allSatisfy({ (0x21...0x7E).contains($0) })
            else {
                found.add("pop3.bad-listing", exchange: place.index, "A line of the listing is not a number and an id")
                continue
            }
            if !seen.insert(Array(words[1])).inserted {
                found.add("pop3.duplicate-uidl", exchange: place.index, "The id \(ShownText.of(words[1])) stands twice")
            }
        }
    }

    private func retrieved(_ number: Int?, _ place: SessionRules.Place, _ found: inout FindingList) {
        guard let number, let size = sizes[number], let index = place.exchange.message,
            place.session.messages.indices.contains(index)
        else { return }
        let message = place.session.messages[index]
        guard message.complete, message.bytes != size else { return }
        found.add(
            "pop3.size-mismatch", exchange: place.index,
            "LIST said \(size) octets for message \(number), and \(message.bytes) came")
    }
}
