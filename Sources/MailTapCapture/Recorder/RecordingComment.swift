import MailTapCore

/// Writes the packet comments of recordings: what packets cannot say.
///
/// `docs/recordings.md` is their description.
enum RecordingComment {
    /// What every comment begins with.
    static let prefix = "mailtap: "
    /// The version of the comments' meaning; counts up when a key changes its meaning, not when one is added.
    static let version: Int64 = 1
    /// Octets of a replacement that go into one comment; the rest follows in more.
    private static let maximumOctets = 32_768
    private static let maximumText = 8_192

    private typealias Members = [(key: String, value: CommentJSON)]

    /// What is known of a session when it opens, less what its packets say by themselves.
    static func session(_ info: SessionInfo, ends: ConversationEnds? = nil) -> String {
        var members: Members = [("source", .string(clipped(info.source)))]
        if let route = info.route { members.append(("route", .string(clipped(route)))) }
        if let proto = info.expecting { members.append(("expects", .string(proto.name))) }
        members.append(("tls", .bool(info.expectsTLS)))
        members.append(("mail", .bool(info.isKnownMail)))
        let ends = ends ?? ConversationEnds(info, number: 0)
        let client = end(info.client, written: ends.client)
        let server = end(info.server, written: ends.server)
        if !client.isEmpty { members.append(("client", .object(client))) }
        if !server.isEmpty { members.append(("server", .object(server))) }
        if let lookup = info.lookup { members.append(("lookup", .object(self.lookup(lookup)))) }
        if info.client.address == nil || info.server.address == nil {
            members.append(("note", .string("an address is not known: a documentation address stands for it")))
        }
        return line([("v", .integer(version)), ("session", .object(members))])
    }

    /// What a mark says, as comments for a packet of that side; `offset` is where the packet's first octet stands.
    ///
    /// Empty where the packets say it by themselves.
    static func comments(for mark: Mark, offset: UInt64) -> [String] {
        switch mark {
        case .eof, .reset, .pattern: []
        case .gap(let side, let length):
            [line([("gap", .object([("side", .string(name(side))), ("length", number(length))]))])]
        case .conflict(let range): [line([("conflict", .object(position(range, offset)))])]
        case .masked(let mask):
            [line([("masked", .object(position(mask.range, offset) + [("kind", .string(mask.kind.name))]))])]
        case .forwarded(let range, let octets): forwarded(range, octets, offset)
        case .injected(let range): [line([("injected", .object(position(range, offset)))])]
        case .tls(let tls): [line([("tls", self.tls(tls))])]
        case .trouble(let trouble):
            [
                line([
                    (
                        "trouble",
                        .object([
                            ("code", .string(clipped(trouble.code))), ("text", .string(clipped(trouble.text))),
                        ])
                    )
                ])
            ]
        case .ended(let ending): [line([("ended", .string(ending.rawValue))])]
        }
    }

    private static func line(_ members: Members) -> String { prefix + CommentJSON.object(members).text }

    private static func name(_ side: Side) -> String { side == .client ? "client" : "server" }

    private static func number(_ value: UInt64) -> CommentJSON { .integer(Int64(clamping: value)) }

    private static func position(_ range: StreamRange, _ offset: UInt64) -> Members {
        let at =
            range.start >= offset
            ? Int64(clamping: range.start - offset) : -Int64(clamping: offset - range.start)
        return [("at", .integer(at)), ("length", number(range.length))]
    }

    /// The replacement of a range; a long one goes on in comments for the empty range behind.
    private static func forwarded(_ range: StreamRange, _ octets: [UInt8], _ offset: UInt64) -> [String] {
        guard !octets.isEmpty else {
            return [line([("forwarded", .object(position(range, offset) + [("octets", .null)]))])]
        }
        var comments: [String] = []
        var piece = range
        var start = 0
        while start < octets.count {
            let end = min(octets.count, start + maximumOctets)
            let text = String(decoding: Base64.encode(octets[start..<end]), as: UTF8.self)
            comments.append(line([("forwarded", .object(position(piece, offset) + [("octets", .string(text))]))]))
            piece = StreamRange(range.side, range.end, range.end)
            start = end
        }
        return comments
    }

    private static func tls(_ mark: TLSMark) -> CommentJSON {
        var members: Members = [
            ("start", .string(mark.start.rawValue)), ("decrypted", .bool(mark.isDecrypted)),
            ("client", leg(mark.client)),
        ]
        if let upstream = mark.upstream { members.append(("upstream", leg(upstream))) }
        return .object(members)
    }

    private static func leg(_ leg: TLSMark.Leg) -> CommentJSON {
        var members: Members = []
        for (key, text) in [
            ("version", leg.version), ("cipher", leg.cipher), ("sni", leg.sni), ("problem", leg.problem),
            ("reason", leg.reason), ("alpn", leg.alpn),
        ] {
            if let text { members.append((key, .string(clipped(text)))) }
        }
        if let verified = leg.verified { members.append(("verified", .bool(verified))) }
        if !leg.certificateNames.isEmpty {
            members.append(("certificate", .array(leg.certificateNames.prefix(32).map { .string(clipped($0)) })))
        }
        if !leg.chain.isEmpty { members.append(("chain", .array(chain(leg.chain)))) }
        return .object(members)
    }

    /// A comment has 64 KiB at most, so a chain is cut off where no real one goes on.
    private static func chain(_ chain: [TLSMark.Certificate]) -> [CommentJSON] {
        chain.prefix(4).map { certificate in
            .object([
                ("subject", .string(certificate.subject)), ("issuer", .string(certificate.issuer)),
                ("names", .array(certificate.names.prefix(16).map { .string($0) })),
                ("from", .integer(certificate.notBefore.nanoseconds)),
                ("until", .integer(certificate.notAfter.nanoseconds)), ("sha256", .string(certificate.sha256)),
            ])
        }
    }

    private static func lookup(_ lookup: NameLookup) -> Members {
        var members: Members = [
            ("name", .string(clipped(lookup.name))), ("type", .string(lookup.type)),
            ("time", .integer(lookup.time.nanoseconds)),
        ]
        if let domain = lookup.domain { members.append(("domain", .string(clipped(domain)))) }
        if let preference = lookup.preference { members.append(("preference", .integer(Int64(preference)))) }
        return members
    }

    /// What the packets do not say of an end, or say otherwise.
    private static func end(_ end: Endpoint, written: WrittenSegment.End) -> Members {
        var members: Members = []
        if let name = end.name { members.append(("name", .string(clipped(name)))) }
        if end.address != written.address {
            members.append(("address", end.address.map { .string($0.description) } ?? .null))
        }
        if end.port != written.port {
            members.append(("port", .integer(Int64(end.port))))
        }
        return members
    }

    private static func clipped(_ text: String) -> String {
        text.utf8.count <= maximumText ? text : String(decoding: text.utf8.prefix(maximumText), as: UTF8.self) + "…"
    }
}
