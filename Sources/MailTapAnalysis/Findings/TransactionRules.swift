import MailTapCore

/// Mail transactions: how content may travel, who must be accepted, how many.
struct TransactionRules {
    /// What carried content in the present transaction: DATA or BDAT.
    private var carrier = DialogueVerb.none
    private var recipients = 0
    private var transactions = 0
    /// The recipients' domains, in small letters, where the server limits their number.
    private var domains: Set<String> = []

    mutating func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        let status = place.facts.status
        switch place.facts.verb {
        case .mail:
            if status.isNegative { refusedSender(place, &found) }
            transactions += 1
            exceeds("MAILMAX", transactions, "mail transactions", place, &found)
            if status.isPositive { begin() }
        case .rcpt:
            if status.isNegative { refusedRecipient(place, &found) }
            recipients += 1
            exceeds("RCPTMAX", recipients, "recipients of one mail", place, &found)
            if place.state.offers(.limits) == true { countDomain(place, &found) }
        case .data, .bdat:
            content(place, &found)
            if !status.isNegative { carrier = place.facts.verb }
        case .ehlo, .helo, .lhlo, .rset, .content: begin()
        case .starttls: if status.isPositive { transactions = 0 }
        default: break
        }
    }

    private mutating func begin() {
        (carrier, recipients) = (.none, 0)
        if !domains.isEmpty { domains.removeAll() }
    }

    /// RFC 9422 section 4.3: each domain counts once.
    private mutating func countDomain(_ place: DialoguePlace, _ found: inout FindingList) {
        guard limit("RCPTDOMAINMAX", place) != nil, let address = place.path?.address,
            let at = address.lastIndex(of: "@"),
            domains.insert(address[address.index(after: at)...].lowercased()).inserted
        else { return }
        exceeds("RCPTDOMAINMAX", domains.count, "recipient domains of one mail", place, &found)
    }

    private func content(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let transaction = place.state.transaction else { return }
        let verb = place.facts.verb
        if verb == .data, !transaction.usual.areAll,
            transaction.parameter("BODY")?.value?.uppercased() == "BINARYMIME"
        {
            found.add(
                "smtp.binary-by-data", exchange: place.index,
                "The transaction was announced as BODY=BINARYMIME, and DATA carries lines only")
        }
        if carrier != .none, carrier != verb, !place.isPatchy {
            let (first, second) = verb == .data ? ("BDAT", "DATA") : ("DATA", "BDAT")
            found.add("smtp.data-and-bdat", exchange: place.index, "\(second) came after \(first) in one transaction")
        }
    }

    /// RFC 5321 sections 4.5.5 and 6.1: reports come from nobody and must get through.
    private func refusedSender(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let reply = place.serverReply, [550, 553, 554].contains(reply.status.rawValue),
            let path = place.facts.path, path.address.isEmpty, path.lapses.isEmpty,
            // Refused for what the client is, not for the sender that it names.
            reply.enhanced?.hasSuffix(".7.1") != true, reply.enhanced?.hasSuffix(".7.25") != true
        else { return }
        found.add(
            "smtp.null-sender-refused", exchange: place.index, "MAIL FROM:<> was answered with \(reply.status.text)")
    }

    private func refusedRecipient(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let reply = place.serverReply else { return }
        let address = place.path?.address ?? ""
        let isPostmaster = address.lowercased() == "postmaster" || address.lowercased().hasPrefix("postmaster@")
        if isPostmaster, [550, 551, 553].contains(reply.status.rawValue), reply.enhanced?.contains(".7.") != true {
            found.add(
                "smtp.postmaster-refused", exchange: place.index,
                "\(ShownText.of(address)) was refused with \(reply.status.text)")
        }
        let accepted = place.state.transaction?.accepted ?? 0
        let isTooMany = reply.enhanced?.hasSuffix(".5.3") == true
        if isTooMany, accepted < 100, limit("RCPTMAX", place) == nil {
            found.add(
                "smtp.recipient-limit", exchange: place.index,
                "The server takes no more than \(ShownText.count(accepted, "recipient")); it must take 100")
        }
    }

    /// RFC 9422 section 4: the limits that the server's LIMITS keyword tells.
    private func exceeds(
        _ name: String, _ count: Int, _ what: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard place.state.offers(.limits) == true, let limit = limit(name, place), count > limit else { return }
        found.add(
            "smtp.limit-exceeded", exchange: place.index, "\(count) \(what), and the server's \(name) is \(limit)")
    }

    private func limit(_ name: String, _ place: DialoguePlace) -> Int? {
        for argument in place.state.offers?.limits?.arguments ?? [] {
            let fields = argument.split(separator: "=", maxSplits: 1)
            if fields.count == 2, fields[0].uppercased() == name { return Int(fields[1]) }
        }
        return nil
    }
}
