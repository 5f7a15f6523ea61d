import MailTapCore

/// A message against its envelope and what the server offers.
enum ContentRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.message != nil else { return }
        // A chunk that is not the last shares the message with it.
        guard let number = place.message, let transaction = place.state.transaction else { return }
        size(place.session.messages[number].bytes, transaction, place, &found)
        if place.session.messages[number].kind == .bdatLast { lines(of: number, transaction, place, &found) }
        if place.session.messages[number].content.facts.has8BitBody { eightBitBody(transaction, place, &found) }
        if place.session.messages[number].content.facts.has8BitHeader {
            eightBitHeader(number, transaction, place, &found)
        }
        if transaction.isFromNobody {
            guard transaction.accepted > 1 else { return }
            found.add(
                "smtp.null-sender-many-recipients", exchange: place.index,
                "The null sender writes to \(transaction.accepted) recipients")
        } else if let report = place.session.messages[number].content.facts.report {
            reported(report.type, transaction, place, &found)
        }
    }

    /// RFC 5321 section 4.5.5, RFC 8098 section 3; a complaint (RFC 5965) has a sender.
    private static func reported(
        _ type: String, _ transaction: DialogueState.Transaction, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        let what: String
        if type.hasSuffix("delivery-status") {
            what = "a delivery report"
        } else if type.hasSuffix("disposition-notification") {
            what = "a receipt (RFC 8098 section 3)"
        } else {
            return
        }
        found.add(
            "smtp.report-with-sender", exchange: place.index,
            "The message is \(what) and comes from \(ShownText.of(transaction.sender))")
    }

    private static func size(
        _ bytes: UInt64, _ transaction: DialogueState.Transaction, _ place: DialoguePlace,
        _ found: inout FindingList
    ) {
        let said =
            transaction.usual.areAll
            ? transaction.usual.size : transaction.parameter("SIZE")?.value.flatMap { UInt64($0) }
        if let declared = said, declared > 0, bytes > declared {
            found.add(
                "smtp.size-exceeds-declaration", exchange: place.index,
                "\(declared) octets were declared and \(bytes) came")
        }
        if let limit = place.state.offers?.sizeLimit, limit > 0, bytes > limit {
            found.add(
                "smtp.size-over-limit", exchange: place.index, "\(bytes) octets came, the server's limit is \(limit)")
        }
    }

    /// RFC 3030 section 3: only BODY=BINARYMIME frees content from being lines; chunks alone do not.
    private static func lines(
        of message: Int, _ transaction: DialogueState.Transaction, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        let facts = place.session.messages[message].content.facts
        let isLong = facts.longestLine > 998
        guard facts.bareLineFeeds > 0 || facts.bareCarriageReturns > 0 || facts.nuls > 0 || isLong,
            transaction.parameter("BODY")?.value?.uppercased() != "BINARYMIME"
        else { return }
        let counts = [
            (facts.bareLineFeeds, "line end of LF alone", "line ends of LF alone"),
            (facts.bareCarriageReturns, "bare CR", "bare CRs"), (facts.nuls, "NUL", "NULs"),
        ].filter { $0.0 > 0 }.map { ShownText.count($0.0, $0.1, $0.2) }
        if !counts.isEmpty {
            found.add(
                "smtp.binary-not-declared", exchange: place.index,
                "The chunks hold \(counts.joined(separator: ", ")), and BODY=BINARYMIME was not said")
        }
        if isLong {
            found.add(
                "smtp.text-line-too-long", exchange: place.index,
                "The longest line has \(facts.longestLine) octets without its line end, 998 are allowed")
        }
    }

    private static func eightBitBody(
        _ transaction: DialogueState.Transaction, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard !transaction.usual.is8Bit, let isOffered = place.state.offers(.eightBitMIME),
            transaction.parameter("BODY")?.value?.uppercased() ?? "7BIT" == "7BIT"
        else { return }
        if isOffered {
            found.add(
                "smtp.8bit-not-declared", exchange: place.index,
                "The body holds octets above 127 and BODY=8BITMIME was not said")
        } else {
            found.add(
                "smtp.8bit-not-offered", exchange: place.index,
                "The body holds octets above 127 and the server does not offer 8BITMIME")
        }
    }

    /// RFC 6531 section 3.6; RFC 6532 section 3.2.
    private static func eightBitHeader(
        _ message: Int, _ transaction: DialogueState.Transaction, _ place: DialoguePlace,
        _ found: inout FindingList
    ) {
        guard transaction.parameter("SMTPUTF8") != nil else {
            found.add(
                "smtp.utf8-header-not-declared", exchange: place.index,
                "Header fields hold octets above 127 and SMTPUTF8 was not asked for")
            return
        }
        // Where octets of the message are lost, some of a character may be.
        guard place.session.messages[message].content.facts.hasOddHeader, place.session.messages[message].complete
        else { return }
        found.add(
            "smtp.bad-utf8-header", exchange: place.index,
            "SMTPUTF8 was asked for, and header fields hold octets that are not UTF-8")
    }
}
