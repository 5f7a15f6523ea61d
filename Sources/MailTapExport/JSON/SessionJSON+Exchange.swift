import MailTapAnalysis
import MailTapCore

/// The exchanges of a session, read part by part where they lie: each has many parts to be copied.
extension SessionJSON {
    /// Appends the exchange at an index.
    func append(
        _ exchanges: [Exchange], _ index: Int, _ proto: MailProtocol?, to out: inout OctetBuffer,
        _ memo: inout JSONMemo
    ) {
        // Meanings go with the notes: where none are wanted, none stand.
        let meanings = exchanges[index].hasNote ? proto : nil
        let verb = exchanges[index].command?.keyword ?? .none
        out.append("{\"at\":")
        out.append(seconds: exchanges[index].at)
        out.append(",\"command\":")
        appendCommand(exchanges, index, verb, to: &out)
        out.append(",\"reply\":")
        if let reply = ReplyFields(exchanges, index) {
            append(reply, to: verb, meanings, to: &out, &memo) { exchanges[index].reply }
        } else {
            out.append("null")
        }
        if !exchanges[index].isPlain { appendMore(exchanges[index], verb, meanings, to: &out, &memo) }
        if exchanges[index].isEncrypted { out.append(",\"tls\":true") }
        if exchanges[index].isBehindSTARTTLS { out.append(",\"behind_starttls\":true") }
        if exchanges[index].hasNote {
            out.append(",\"note\":")
            Exchange.withNote(of: exchanges, index) { out.append(jsonUTF8: $0) }
            switch verb {
            case .ehlo, .lhlo, .capa: FactsJSON.offers(exchanges, index, verb, to: &out, &memo)
            default: break
            }
        }
        out.append("}")
    }

    /// Appends what few exchanges have.
    private func appendMore(
        _ exchange: Exchange, _ verb: Verb, _ meanings: MailProtocol?, to out: inout OctetBuffer,
        _ memo: inout JSONMemo
    ) {
        if exchange.hasFurtherReplies {
            append(",\"replies\":[", exchange.furtherReplies, to: &out) { reply, out in
                append(ReplyFields(reply), to: verb, meanings, to: &out, &memo) { reply }
            }
        }
        if let data = exchange.data {
            out.append(",\"data\":")
            if append(data, to: &out) { out.append(",\"latin1\":true") }
        }
    }

    private func appendCommand(_ exchanges: [Exchange], _ index: Int, _ verb: Verb, to out: inout OctetBuffer) {
        guard let line = exchanges[index].command?.line else { return out.append("null") }
        out.append("{\"verb\":")
        out.append(json: verb) { exchanges[index].command?.verb ?? "" }
        append(line: line, to: &out)
        if exchanges[index].command?.isForwardedAsItCame == false, let command = exchanges[index].command {
            switch command.forwarded {
            case .same: break
            case .nothing: out.append(",\"forwarded\":null")
            case .octets(let octets):
                let forwarded = ForwardedLines(octets, inPlaceOf: command)
                out.append(",\"forwarded\":{\"verb\":")
                out.append(json: forwarded.verb)
                append(line: forwarded.lines.first ?? WireText([]), to: &out)
                out.append("}")
            }
        }
        out.append("}")
    }

    /// Appends what stands behind a command's verb.
    private func append(line: WireText, to out: inout OctetBuffer) {
        out.append(",\"line\":")
        if out.append(json: line, reveal: reveal) { out.append(",\"latin1\":true") }
    }

    /// Appends a reply.
    ///
    /// - Parameter whole: the reply itself, for those few of which more is to be said.
    private func append(
        _ reply: ReplyFields, to verb: Verb, _ proto: MailProtocol?, to out: inout OctetBuffer,
        _ memo: inout JSONMemo, whole: () -> Reply?
    ) {
        out.append("{\"status\":")
        // A code of three digits is written without making text of it first.
        if reply.status.rawValue >= 100 {
            out.append("\"")
            out.append(decimal: UInt64(reply.status.rawValue))
            out.append("\"")
        } else {
            out.append(json: reply.status.text)
        }
        out.append(",\"enhanced\":")
        out.append(json: reply.enhancedCode)
        append(lines: reply.lines, to: &out)
        out.append(",\"latency\":")
        out.append(seconds: reply.latency)
        if reply.isInjected { out.append(",\"injected\":true") }
        if proto != nil { memo.appendMeaning(of: reply, to: verb, proto, to: &out, whole: whole) }
        if !reply.isPlain, let whole = whole() { append(whole.forwarded, to: &out) }
        out.append("}")
    }

    /// Appends what went on in place of a reply.
    private func append(_ forwarded: Forwarded, to out: inout OctetBuffer) {
        switch forwarded {
        case .same: break
        case .nothing: out.append(",\"forwarded\":null")
        case .octets(let octets):
            let forwarded = ForwardedLines(octets, inPlaceOf: nil)
            out.append(",\"forwarded\":")
            out.append("{\"status\":")
            out.append(json: forwarded.status)
            out.append(",\"enhanced\":")
            out.append(json: forwarded.enhanced)
            append(lines: WireLines(forwarded.texts), to: &out)
            out.append("}")
        }
    }

    /// Appends the lines of a reply.
    private func append(lines: WireLines, to out: inout OctetBuffer) {
        out.append(",\"lines\":")
        let isLatin1: Bool
        if let only = lines.only {
            out.append("[")
            isLatin1 = out.append(json: only, reveal: reveal)
            out.append("]")
        } else {
            isLatin1 = append(lines.array, to: &out)
        }
        if isLatin1 { out.append(",\"latin1\":true") }
    }

    /// Appends an array of lines; true where one had to be read as Latin-1.
    private func append(_ lines: [WireText], to out: inout OctetBuffer) -> Bool {
        var isLatin1 = false
        append("[", lines, to: &out) { line, out in
            if out.append(json: line, reveal: reveal) { isLatin1 = true }
        }
        return isLatin1
    }
}
