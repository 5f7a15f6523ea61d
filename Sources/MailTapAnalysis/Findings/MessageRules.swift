import MailTapCore

/// The form of messages, whatever carried them.
enum MessageRules {
    static func apply(to session: Session, _ found: inout FindingList) {
        let prefix = session.proto == .pop3 ? "pop3" : "smtp"
        // Who sent the octets: POP3's servers only pass on what authors wrote.
        let side: Side? = session.proto == .pop3 ? nil : .client
        for index in session.messages.indices
        where session.messages[index].bytes > 0 && !isClean(session.messages[index].content.facts) {
            let message = session.messages[index]
            lines(message, prefix, &found)
            // What a dialogue file leaves open may hold whatever is missing.
            guard message.complete, message.patterns.isEmpty,
                message.content.facts.hasHeaderSection || !message.content.parts.isEmpty
            else { continue }
            fields(message, side, &found)
            defects(message, side, &found)
        }
    }

    /// Whether nothing can be found in a message that shows this.
    private static func isClean(_ facts: MessageFacts) -> Bool {
        facts.bareLineFeeds == 0 && facts.bareCarriageReturns == 0 && facts.nuls == 0 && facts.longestLine <= 998
            && facts.dateCount > 0 && facts.fromCount > 0 && facts.receivedCount <= 100
            && facts.repeatedFields.isEmpty && facts.defects.isEmpty
    }

    private static func lines(_ message: Message, _ prefix: String, _ found: inout FindingList) {
        let facts = message.content.facts
        let sender: Side = prefix == "pop3" ? .server : .client
        // BDAT carries binary content where BODY=BINARYMIME says so; lines are then no matter.
        let isText = message.kind != .bdat && message.kind != .bdatLast
        guard isText else { return }
        let hasOdd = facts.bareLineFeeds > 0 || facts.bareCarriageReturns > 0 || facts.nuls > 0
        guard hasOdd || facts.longestLine > 998 else { return }
        for (count, kind, what, several) in [
            (facts.bareLineFeeds, "bare-lf", "line end of LF alone", "line ends of LF alone"),
            (facts.bareCarriageReturns, "bare-cr", "bare CR", "bare CRs"), (facts.nuls, "nul", "NUL", "NULs"),
        ] where count > 0 {
            found.add(
                "\(prefix).\(kind)", exchange: message.exchange,
                "The message holds \(ShownText.count(count, what, several))", side: .some(sender))
        }
        if facts.longestLine > 998, prefix == "smtp" {
            found.add(
                "smtp.text-line-too-long", exchange: message.exchange,
                "The longest line has \(facts.longestLine) octets without its line end, 998 are allowed")
        }
    }

    private static func fields(_ message: Message, _ side: Side?, _ found: inout FindingList) {
        let facts = message.content.facts
        if facts.dateCount == 0 {
            found.add("message.date-missing", exchange: message.exchange, "There is no Date field", side: .some(side))
        }
        if facts.fromCount == 0 {
            found.add("message.from-missing", exchange: message.exchange, "There is no From field", side: .some(side))
        }
        if !facts.repeatedFields.isEmpty {
            let names = facts.repeatedFields.map { ShownText.of($0) }.joined(separator: ", ")
            found.add(
                "message.field-repeated", exchange: message.exchange, "More than one of each: \(names)",
                side: .some(side))
        }
        // RFC 5321 section 6.3: a threshold of at least 100.
        if facts.receivedCount > 100 {
            found.add(
                "message.loop", exchange: message.exchange,
                "There are \(facts.receivedCount) Received fields: the message goes round in circles",
                side: .some(nil))
        }
    }

    private static func defects(_ message: Message, _ side: Side?, _ found: inout FindingList) {
        guard !message.content.facts.defects.isEmpty else { return }
        for defect in MessageDefect.allCases where message.content.facts.defects.contains(defect) {
            let (rule, text) = words(defect)
            found.add(rule, exchange: message.exchange, text, side: .some(side))
        }
    }

    private static func words(_ defect: MessageDefect) -> (rule: String, text: String) {
        switch defect {
        case .headerWithoutEnd: ("message.header-without-end", "A line that is no field ends the header section")
        case .headerTooLong: ("message.header-too-long", "The header section is longer than 256 KiB")
        case .boundaryMissing: ("message.multipart-broken", "A multipart has no boundary parameter")
        case .boundaryNotFound: ("message.multipart-broken", "A multipart's boundary stands nowhere in it")
        case .boundaryNotClosed: ("message.multipart-broken", "A multipart is not closed")
        case .tooDeep: ("message.too-complex", "Parts lie deeper than 64 levels")
        case .tooManyParts: ("message.too-complex", "There are more than 10,000 parts")
        case .badBase64: ("message.bad-base64", "A base64 part holds other octets")
        case .charsetContradicted: ("message.charset-contradicted", "A text part holds octets that its charset has not")
        }
    }
}
