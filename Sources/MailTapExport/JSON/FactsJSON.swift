import MailTapAnalysis
import MailTapCore

/// What JSON says beyond what was said: meanings, offers, what a header section shows, what a session did.
enum FactsJSON {
    /// `,"meaning":…`: what the reply means by the standard, apart from the server's words.
    static func meaning(_ reply: Reply, to verb: Verb, _ proto: MailProtocol?, to out: inout OctetBuffer) {
        // One too long for a number is as good as any other that is not known; none at all stands for a greeting.
        let word = verb == .long ? "?" : verb.description
        guard let meaning = Annotator.replyNote(for: reply, to: word, proto: proto) else { return }
        out.append(",\"meaning\":")
        out.append(json: meaning)
    }

    /// `,"offers":[…]`: what each line of an EHLO, LHLO or CAPA answer offers.
    static func offers(
        _ exchanges: [Exchange], _ index: Int, _ verb: Verb, to out: inout OctetBuffer, _ memo: inout JSONMemo
    ) {
        let opening: StaticString = ",\"offers\":["
        var isFirst = true
        switch verb {
        case .ehlo, .lhlo:
            guard exchanges[index].reply?.status.isPositive == true, let lines = exchanges[index].reply?.lines.array
            else { return }
            for index in lines.indices.dropFirst() {
                out.append(isFirst ? opening : ",")
                isFirst = false
                memo.appendOffer(ofKeyword: lines[index], to: &out)
            }
        case .capa:
            for line in exchanges[index].data ?? [] {
                out.append(isFirst ? opening : ",")
                isFirst = false
                memo.appendOffer(ofTag: line, to: &out)
            }
        default: return
        }
        if !isFirst { out.append("]") }
    }

    /// `,"header":{…}`: what the message's header section shows; every claim in it is the sender's.
    static func header(_ content: MessageContent, to out: inout OctetBuffer) {
        guard content.facts.hasHeaderSection else { return }
        out.append(",\"header\":{\"date\":")
        out.append(json: content.date)
        out.append(",\"from\":")
        out.append(json: content.from)
        out.append(",\"to\":")
        out.append(json: content.to)
        out.append(",\"cc\":")
        out.append(json: content.facts.cc)
        out.append(",\"reply_to\":")
        out.append(json: content.facts.replyTo)
        out.append(",\"received\":")
        out.append(json: content.facts.receivedBy)
        out.append(",\"authentication\":")
        out.append(json: content.facts.authentication)
        out.append(",\"dkim\":")
        out.append(json: content.facts.dkimDomains)
        out.append(",\"list\":")
        out.append(json: content.facts.list)
        out.append(",\"auto_submitted\":")
        out.append(json: content.facts.autoSubmitted)
        out.append("}")
        if let report = content.facts.report { append(report, to: &out) }
    }

    private static func append(_ report: MessageReport, to out: inout OctetBuffer) {
        out.append(",\"report\":{\"type\":")
        out.append(json: report.type)
        out.append(",\"reporter\":")
        out.append(json: report.reporter)
        out.append(",\"disposition\":")
        out.append(json: report.disposition)
        out.append(",\"recipients\":[")
        for (index, recipient) in report.recipients.enumerated() {
            if index > 0 { out.append(",") }
            out.append("{\"address\":")
            out.append(json: recipient.address)
            out.append(",\"action\":")
            out.append(json: recipient.action)
            out.append(",\"status\":")
            out.append(json: recipient.status)
            out.append(",\"diagnostic\":")
            out.append(json: recipient.diagnostic)
            out.append("}")
        }
        out.append("]}")
    }

    /// `,"summary":{…}`: what the session did and how long it took.
    static func summary(_ overview: SessionOverview?, to out: inout OctetBuffer) {
        guard let overview else { return }
        out.append(",\"summary\":{\"text\":")
        out.append(json: overview.sentence)
        out.append(",\"time_to_greeting\":")
        if let time = overview.timeToGreeting { out.append(seconds: time) } else { out.append("null") }
        out.append(",\"slowest_reply\":")
        if let slowest = overview.slowestReply {
            out.append("{\"exchange\":")
            out.append(json: slowest.exchange)
            out.append(",\"latency\":")
            out.append(seconds: slowest.latency)
            out.append("}")
        } else {
            out.append("null")
        }
        out.append(",\"content_bytes\":")
        out.append(json: overview.contentBytes)
        out.append(",\"content_time\":")
        out.append(seconds: overview.contentTime)
        out.append(",\"gone_under_tls\":")
        out.append(json: overview.vanished)
        out.append(",\"under_tls_only\":")
        out.append(json: overview.appeared)
        out.append("}")
    }
}
