public import MailTapAnalysis
import MailTapCore

/// One session as a JSON object on one line.
///
/// The names and the meaning of its fields are a promise to scripts: fields may be added, none changes.
public struct SessionJSON: Sendable {
    let reveal: Bool

    /// A writer that shows secrets, where they are still there, only if told to.
    public init(reveal: Bool = false) { self.reveal = reveal }

    /// The place in the output behind a session's last finding.
    struct FindingsEnd: Sendable {
        var offset: Int
        /// Whether there is no finding.
        var isEmpty: Bool
    }

    /// Appends the object, without a line end.
    public func append(_ session: Session, to out: inout [UInt8]) {
        var memo = JSONMemo()
        append(session, to: &out, &memo)
    }

    /// As `append(_:to:)`, with the help of what earlier sessions left.
    func append(_ session: Session, to out: inout [UInt8], _ memo: inout JSONMemo) {
        var buffer = OctetBuffer()
        append(session, to: &buffer, &memo)
        out.append(octets: buffer.octets)
    }

    /// As `append(_:to:)`, with the help of what earlier sessions left.
    func append(_ session: Session, to out: inout OctetBuffer, _ memo: inout JSONMemo) {
        append(number: session.number, to: &out)
        appendRest(of: session, to: &out, &memo)
    }

    /// Appends the beginning of an object: the session's number, which may be known later than all that follows.
    func append<Output: JSONOutput & ~Copyable>(number: Int, to out: inout Output) {
        out.append("{\"session\":")
        out.append(json: number)
    }

    /// Appends an object from behind its session's number.
    @discardableResult
    func appendRest(of session: borrowing Session, to out: inout OctetBuffer, _ memo: inout JSONMemo) -> FindingsEnd {
        out.append(",\"source\":")
        out.append(json: session.info.source)
        out.append(",\"protocol\":")
        out.append(json: session.proto?.name ?? "unknown")
        out.append(",\"client\":")
        append(session.info.client, to: &out, &memo)
        out.append(",\"server\":")
        append(session.info.server, to: &out, &memo)
        out.append(",\"started\":\"")
        out.append(moment: session.info.started, &memo.second)
        out.append("\",\"duration\":")
        out.append(seconds: session.duration)
        out.append(",\"bytes\":{\"client\":")
        out.append(json: session.clientBytes)
        out.append(",\"server\":")
        out.append(json: session.serverBytes)
        out.append(",\"client_missing\":")
        out.append(json: session.clientMissing)
        out.append(",\"server_missing\":")
        out.append(json: session.serverMissing)
        out.append("},\"ending\":")
        out.append(json: session.ending.rawValue)
        out.append(",\"tls\":")
        append(session.tls, to: &out)
        if !session.tunnels.isEmpty {
            append(",\"tunnels\":[", session.tunnels, to: &out) { append($0, to: &$1, &memo) }
        }
        if let lookup = session.info.lookup {
            out.append(",\"lookup\":")
            append(lookup, before: session.info.started, to: &out)
        }
        if let route = session.info.route {
            out.append(",\"route\":")
            out.append(json: route)
        }
        out.append(",\"exchanges\":[")
        for index in session.exchanges.indices {
            if index > 0 { out.append(",") }
            append(session.exchanges, index, session.proto, to: &out, &memo)
        }
        out.append("]")
        append(",\"messages\":[", session.messages, to: &out) { append($0, to: &$1) }
        append(",\"findings\":[", session.findings, to: &out) { append($0, to: &$1) }
        let end = FindingsEnd(offset: out.count - 1, isEmpty: session.findings.isEmpty)
        FactsJSON.summary(session.overview, to: &out)
        if !session.troubles.isEmpty {
            append(",\"troubles\":[", session.troubles, to: &out) { trouble, out in
                out.append("{\"code\":")
                out.append(json: trouble.code)
                out.append(",\"text\":")
                out.append(json: trouble.text)
                out.append("}")
            }
        }
        out.append("}")
        return end
    }

    /// Appends findings to those of a session, which end at the end of `out` as it stands.
    func append(_ findings: [Finding], behind end: FindingsEnd, to out: inout OctetBuffer) {
        var isFirst = end.isEmpty
        for finding in findings {
            if !isFirst { out.append(",") }
            isFirst = false
            append(finding, to: &out)
        }
    }

    func append<Value>(
        _ opening: StaticString, _ values: some RandomAccessCollection<Value>, to out: inout OctetBuffer,
        each: (Value, inout OctetBuffer) -> Void
    ) {
        out.append(opening)
        // By index, since each step of an iterator would copy a value of many parts.
        for index in values.indices {
            if index > values.startIndex { out.append(",") }
            each(values[index], &out)
        }
        out.append("]")
    }

    private func append(_ endpoint: Endpoint, to out: inout OctetBuffer, _ memo: inout JSONMemo) {
        out.append("{\"address\":")
        if let address = endpoint.address {
            out.append("\"")
            memo.append(address, to: &out)
            out.append("\"")
        } else {
            out.append("null")
        }
        out.append(",\"port\":")
        out.append(json: UInt64(endpoint.port))
        out.append(",\"name\":")
        out.append(json: endpoint.name)
        out.append("}")
    }

    private func append(_ lookup: NameLookup, before start: Timestamp, to out: inout OctetBuffer) {
        out.append("{\"name\":")
        out.append(json: lookup.name)
        out.append(",\"type\":")
        out.append(json: lookup.type)
        out.append(",\"at\":")
        out.append(seconds: lookup.time.since(start))
        out.append(",\"domain\":")
        out.append(json: lookup.domain)
        out.append(",\"preference\":")
        if let preference = lookup.preference { out.append(json: UInt64(preference)) } else { out.append("null") }
        out.append("}")
    }

    private func append(_ passed: SessionTunnel, to out: inout OctetBuffer, _ memo: inout JSONMemo) {
        out.append("{\"kind\":")
        out.append(json: passed.tunnel.kind.name)
        for (key, end) in [("target", passed.tunnel.target), ("client", passed.tunnel.client), ("peer", passed.peer)] {
            guard let end else { continue }
            out.append(",")
            out.append(json: key)
            out.append(":")
            append(end, to: &out, &memo)
        }
        out.append("}")
    }

    private func append(_ tls: TLSMark?, to out: inout OctetBuffer) {
        guard let tls else {
            out.append("null")
            return
        }
        out.append("{\"start\":")
        out.append(json: tls.start.rawValue)
        out.append(",\"version\":")
        out.append(json: tls.client.version)
        out.append(",\"cipher\":")
        out.append(json: tls.client.cipher)
        out.append(",\"sni\":")
        out.append(json: tls.client.sni)
        out.append(",\"decrypted\":")
        out.append(json: tls.isDecrypted)
        if let alpn = tls.client.alpn {
            out.append(",\"alpn\":")
            out.append(json: alpn)
        }
        if !tls.client.certificateNames.isEmpty {
            append(",\"certificate\":[", tls.client.certificateNames, to: &out) { $1.append(json: $0) }
        }
        appendChain(of: tls.client, to: &out)
        if let upstream = tls.upstream {
            out.append(",\"upstream\":{\"version\":")
            out.append(json: upstream.version)
            out.append(",\"cipher\":")
            out.append(json: upstream.cipher)
            out.append(",\"verified\":")
            out.append(json: upstream.verified)
            out.append(",\"problem\":")
            out.append(json: upstream.problem)
            out.append(",\"reason\":")
            out.append(json: upstream.reason)
            out.append(",\"sni\":")
            out.append(json: upstream.sni)
            out.append(",\"alpn\":")
            out.append(json: upstream.alpn)
            appendChain(of: upstream, to: &out)
            out.append("}")
        }
        out.append("}")
    }

    private func appendChain(of leg: TLSMark.Leg, to out: inout OctetBuffer) {
        guard !leg.chain.isEmpty else { return }
        append(",\"chain\":[", leg.chain, to: &out) { certificate, out in
            out.append("{\"subject\":")
            out.append(json: certificate.subject)
            out.append(",\"issuer\":")
            out.append(json: certificate.issuer)
            append(",\"names\":[", certificate.names, to: &out) { $1.append(json: $0) }
            out.append(",\"not_before\":")
            out.append(json: TimeText.text(moment: certificate.notBefore, decimals: 0))
            out.append(",\"not_after\":")
            out.append(json: TimeText.text(moment: certificate.notAfter, decimals: 0))
            out.append(",\"sha256\":")
            out.append(json: certificate.sha256)
            out.append("}")
        }
    }

    private func append(_ message: Message, to out: inout OctetBuffer) {
        out.append("{\"bytes\":")
        out.append(json: message.bytes)
        out.append(",\"sha256\":")
        append(message.digest, to: &out)
        out.append(",\"exchange\":")
        out.append(json: message.exchange)
        out.append(",\"from\":")
        out.append(json: message.from)
        out.append(",\"to\":")
        out.append(json: message.to)
        out.append(",\"rejected\":")
        out.append(json: message.rejected)
        out.append(",\"accepted\":")
        out.append(json: message.accepted)
        out.append(",\"complete\":")
        out.append(json: message.complete)
        out.append(",\"subject\":")
        out.append(json: message.content.subject)
        out.append(",\"message_id\":")
        out.append(json: message.content.messageID)
        append(",\"parts\":[", message.content.parts, to: &out) { part, out in
            out.append("{\"type\":")
            out.append(json: part.type)
            out.append(",\"charset\":")
            out.append(json: part.charset)
            out.append(",\"filename\":")
            out.append(json: part.filename)
            out.append(",\"bytes\":")
            out.append(json: part.bytes)
            out.append(",\"sha256\":")
            append(part.digest, to: &out)
            out.append("}")
        }
        FactsJSON.header(message.content, to: &out)
        out.append("}")
    }

    private func append(_ digest: ContentDigest?, to out: inout OctetBuffer) {
        out.append("\"")
        if let digest { out.append(hexadecimal: digest) }
        out.append("\"")
    }

    private func append(_ finding: Finding, to out: inout OctetBuffer) {
        out.append("{\"rule\":")
        out.append(json: finding.rule)
        out.append(",\"aspect\":")
        out.append(json: finding.aspect.rawValue)
        out.append(",\"severity\":")
        out.append(json: finding.severity.rawValue)
        out.append(",\"side\":")
        out.append(json: finding.side.map { $0 == .client ? "client" : "server" })
        out.append(",\"exchange\":")
        out.append(json: finding.exchange)
        out.append(",\"text\":")
        out.append(json: finding.text)
        out.append(",\"reference\":")
        out.append(json: finding.reference)
        if finding.unlisted > 0 {
            out.append(",\"unlisted\":")
            out.append(json: finding.unlisted)
        }
        out.append("}")
    }
}
