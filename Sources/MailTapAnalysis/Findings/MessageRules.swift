import MailTapCore

/// The form of messages, whatever carried them.
enum MessageRules {
    static func apply(to session: Session, _ found: inout FindingList) {
        let prefix = session.proto == .pop3 ? "pop3" : "smtp"
        // Who sent the octets: POP3's servers only pass on what authors wrote.
        let side: Side? = session.proto == .pop3 ? nil : .client
        for index in session.messages.indices {
            guard session.messages[index].bytes > 0 else {
                nothing(session.messages, index, side, &found)
                continue
            }
            if isClean(session.messages, index) { continue }
            let missing = session.proto == .pop3 ? session.serverMissing : session.clientMissing
            lines(session.messages, index, prefix, missing: missing, &found)
            // What a dialogue file leaves open may hold whatever is missing.
            guard session.messages[index].complete, session.messages[index].patterns.isEmpty,
                session.messages[index].content.facts.hasHeaderSection || !session.messages[index].content.parts.isEmpty
            else { continue }
            fields(session.messages, index, side, &found)
            defects(session.messages, index, side, &found)
        }
    }

    /// A transfer of nothing that was whole: a message without any field.
    private static func nothing(
        _ messages: [Message], _ index: Int, _ side: Side?, _ found: inout FindingList
    ) {
        // Where all recipients were refused, an empty content is what ends it (RFC 2920 section 3.1).
        guard messages[index].complete, messages[index].kind.isSubmitted, !messages[index].to.isEmpty else { return }
        fields(messages, index, side, &found)
    }

    /// Whether nothing can be found in a message that shows this.
    private static func isClean(_ messages: [Message], _ index: Int) -> Bool {
        hasPlainLines(messages, index) && messages[index].content.facts.dateCount > 0
            && messages[index].content.facts.fromCount > 0 && messages[index].content.facts.receivedCount <= 100
            && messages[index].content.facts.repeatedFields.isEmpty && messages[index].content.facts.defects.isEmpty
    }

    private static func hasPlainLines(_ messages: [Message], _ index: Int) -> Bool {
        messages[index].content.facts.bareLineFeeds == 0 && messages[index].content.facts.bareCarriageReturns == 0
            && messages[index].content.facts.nuls == 0 && messages[index].content.facts.longestLine <= 998
    }

    private static func lines(
        _ messages: [Message], _ index: Int, _ prefix: String, missing: UInt64, _ found: inout FindingList
    ) {
        // BDAT carries binary content where BODY=BINARYMIME says so; lines are then no matter.
        guard !hasPlainLines(messages, index), messages[index].kind != .bdat, messages[index].kind != .bdatLast else {
            return
        }
        let message = messages[index], facts = messages[index].content.facts
        let sender: Side = prefix == "pop3" ? .server : .client
        // The other half of a line's end may be among octets that were lost.
        let isTorn = !message.complete && missing > 0
        for (count, kind, what, several) in [
            (facts.bareLineFeeds, "bare-lf", "line end of LF alone", "line ends of LF alone"),
            (facts.bareCarriageReturns, "bare-cr", "bare CR", "bare CRs"), (facts.nuls, "nul", "NUL", "NULs"),
        ] where count > 0 && (!isTorn || kind == "nul") {
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

    private static func fields(
        _ messages: [Message], _ index: Int, _ side: Side?, _ found: inout FindingList
    ) {
        let exchange = messages[index].exchange
        if messages[index].content.facts.dateCount == 0 {
            found.add("message.date-missing", exchange: exchange, "There is no Date field", side: .some(side))
        }
        if messages[index].content.facts.fromCount == 0 {
            found.add("message.from-missing", exchange: exchange, "There is no From field", side: .some(side))
        }
        if !messages[index].content.facts.repeatedFields.isEmpty {
            let names = messages[index].content.facts.repeatedFields.map { ShownText.of($0) }.joined(separator: ", ")
            found.add(
                "message.field-repeated", exchange: exchange, "More than one of each: \(names)", side: .some(side))
        }
        // RFC 5321 section 6.3: a threshold of at least 100.
        let received = messages[index].content.facts.receivedCount
        if received > 100 {
            found.add(
                "message.loop", exchange: exchange,
                "There are \(received) Received fields: the message goes round in circles",
                side: .some(nil))
        }
    }

    private static func defects(
        _ messages: [Message], _ index: Int, _ side: Side?, _ found: inout FindingList
    ) {
        guard !messages[index].content.facts.defects.isEmpty else { return }
        for defect in MessageDefect.allCases where messages[index].content.facts.defects.contains(defect) {
            let (rule, text) = words(defect)
            found.add(rule, exchange: messages[index].exchange, text, side: .some(side))
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
        case .base64CutOff:
            ("message.bad-base64", "A base64 part ends inside a group of four digits: it was cut off, or lacks padding")
        case .badQuotedPrintable:
            (
                "message.bad-quoted-printable",
                "A quoted-printable part holds an \"=\" that encodes nothing, or octets above 127"
            )
        case .badContentType: ("message.bad-content-type", "A Content-Type is no media type: it counts as text/plain")
        case .compositeEncoded:
            ("message.bad-transfer-encoding", "A multipart or an embedded message has a transfer encoding")
        case .unknownEncoding: ("message.bad-transfer-encoding", "A transfer encoding is none that is known")
        case .eightBitIn7Bit: ("message.8bit-in-7bit", "A part says that it is 7bit and holds octets above 127")
        case .badDate: ("message.bad-date", "The Date field holds no date and time that there are")
        case .reportBroken:
            ("message.report-broken", "A delivery report lacks a recipient's name, action or status, or has another")
        case .deliveredTwice:
            (
                "message.delivered-twice",
                "The same Delivered-To stands there twice: the message came back to where it had been delivered"
            )
        case .mboxLine: ("message.mbox-line", "A \"From \" line of an mbox file stands in the header section")
        case .charsetContradicted: ("message.charset-contradicted", "A text part holds octets that its charset has not")
        }
    }
}
