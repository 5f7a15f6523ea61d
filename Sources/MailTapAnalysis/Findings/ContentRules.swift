import MailTapCore

/// A message against its envelope and what the server offers.
enum ContentRules {
    static func apply(_ place: SessionRules.Place, _ found: inout FindingList) {
        guard let number = place.exchange.message, place.session.messages.indices.contains(number) else { return }
        let message = place.session.messages[number]
        // A chunk that is not the last shares the message with it.
        guard message.exchange == place.index, let transaction = place.state.transaction else { return }
        let facts = message.content.facts
        if let declared = transaction.parameter("SIZE")?.value.flatMap({ UInt64($0) }), declared > 0,
            message.bytes > declared
        {
            found.add(
                "smtp.size-exceeds-declaration", exchange: place.index,
                "\(declared) octets were declared and \(message.bytes) came")
        }
        if let limit = place.state.capability("SIZE")?.arguments.first.flatMap({ UInt64($0) }), limit > 0,
            message.bytes > limit
        {
            found.add(
                "smtp.size-over-limit", exchange: place.index,
                "\(message.bytes) octets came, the server's limit is \(limit)")
        }
        if facts.has8BitBody, transaction.parameter("BODY")?.value?.uppercased() ?? "7BIT" == "7BIT" {
            if place.state.offers("8BITMIME") == false {
                found.add(
                    "smtp.8bit-not-offered", exchange: place.index,
                    "The body holds octets above 127 and the server does not offer 8BITMIME")
            } else if place.state.offers("8BITMIME") == true {
                found.add(
                    "smtp.8bit-not-declared", exchange: place.index,
                    "The body holds octets above 127 and BODY=8BITMIME was not said")
            }
        }
        if facts.has8BitHeader, transaction.parameter("SMTPUTF8") == nil {
            found.add(
                "smtp.utf8-header-not-declared", exchange: place.index,
                "Header fields hold octets above 127 and SMTPUTF8 was not asked for")
        }
        let isReport = facts.report.map { $0.type.hasSuffix("delivery-status") } ?? false
        if isReport, !transaction.sender.isEmpty {
            found.add(
                "smtp.report-with-sender", exchange: place.index,
                "The message is a delivery report and comes from \(ShownText.of(transaction.sender))")
        }
        if transaction.sender.isEmpty, transaction.accepted.count > 1 {
            found.add(
                "smtp.null-sender-many-recipients", exchange: place.index,
                "The null sender writes to \(transaction.accepted.count) recipients")
        }
    }
}
