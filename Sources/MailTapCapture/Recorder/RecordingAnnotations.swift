public import MailTapCore

/// Reads the packet comments of recordings back (`docs/recordings.md`).
///
/// Total: a comment of any origin gives marks or none. Keys that are not known are passed over, so that later versions
/// stay readable.
public struct RecordingAnnotations: PacketAnnotationReading {
    /// A reader of recordings' comments.
    public init() {}

    /// The marks that a comment stands for; ranges count from the packet's first octet.
    public func marks(in comment: String, side: Side, offset: UInt64) -> [Mark] {
        guard let json = Self.json(in: comment), case .object(let members) = json else { return [] }
        return members.compactMap { key, value in
            Self.mark(key, value, PacketPlace(side: side, offset: offset))
        }
    }

    /// Adds what the comment on a session's first packet says.
    public func sessionInfo(in comment: String, _ info: inout SessionInfo) {
        guard let session = Self.json(in: comment)?["session"] else { return }
        if let route = session["route"]?.string { info.route = route }
        if let name = session["expects"]?.string, let proto = MailProtocol.allCases.first(where: { $0.name == name }) {
            info.expecting = proto
        }
        if let tls = session["tls"]?.bool { info.expectsTLS = tls }
        if let mail = session["mail"]?.bool { info.isKnownMail = mail }
        if let lookup = Self.lookup(session["lookup"]) { info.lookup = lookup }
        Self.apply(session["client"], to: &info.client)
        Self.apply(session["server"], to: &info.server)
    }

    private struct PacketPlace {
        var side: Side
        var offset: UInt64

        /// The range that `at` (from the packet's first octet, 0 if absent) and `length` speak of.
        func range(_ json: CommentJSON) -> StreamRange? {
            guard let length = json["length"]?.integer, length >= 0 else { return nil }
            let at = json["at"]?.integer ?? 0
            let start =
                at < 0
                ? offset.subtractingReportingOverflow(at.magnitude) : offset.addingReportingOverflow(at.magnitude)
            guard !start.overflow else { return nil }
            let end = start.partialValue.addingReportingOverflow(length.magnitude)
            guard !end.overflow else { return nil }
            return StreamRange(side, start.partialValue, end.partialValue)
        }
    }

    private static func json(in comment: String) -> CommentJSON? {
        guard comment.hasPrefix(RecordingComment.prefix) else { return nil }
        return CommentJSONParser.parse(comment.dropFirst(RecordingComment.prefix.count))
    }

    private static func mark(_ key: String, _ value: CommentJSON, _ place: PacketPlace) -> Mark? {
        switch key {
        case "conflict": return place.range(value).map(Mark.conflict)
        case "injected": return place.range(value).map(Mark.injected)
        case "masked":
            guard let range = place.range(value), let kind = value["kind"]?.string else { return nil }
            // A kind of a later version is still a mask.
            return .masked(Mask(range: range, kind: SecretKind(name: kind) ?? .opaque))
        case "forwarded": return forwarded(value, place)
        case "tls": return tls(value)
        case "trouble":
            guard let code = value["code"]?.string, let text = value["text"]?.string else { return nil }
            return .trouble(Trouble(code: code, text: text))
        case "ended": return value.string.flatMap(Ending.init(rawValue:)).map(Mark.ended)
        // A gap shows in the sequence numbers; its comment is for people.
        default: return nil
        }
    }

    private static func forwarded(_ value: CommentJSON, _ place: PacketPlace) -> Mark? {
        guard let range = place.range(value) else { return nil }
        switch value["octets"] {
        case .null: return .forwarded(range, [])
        case .string(let text): return Base64.decode(text.utf8).map { .forwarded(range, $0) }
        default: return nil
        }
    }

    private static func tls(_ value: CommentJSON) -> Mark? {
        guard let start = value["start"]?.string.flatMap(TLSMark.Start.init(rawValue:)) else { return nil }
        return .tls(
            TLSMark(
                start: start, isDecrypted: value["decrypted"]?.bool ?? false, client: leg(value["client"]),
                upstream: value["upstream"].map { leg($0) }))
    }

    private static func leg(_ value: CommentJSON?) -> TLSMark.Leg {
        var names: [String] = []
        if case .array(let values) = value?["certificate"] { names = values.compactMap(\.string) }
        return TLSMark.Leg(
            version: value?["version"]?.string, cipher: value?["cipher"]?.string, sni: value?["sni"]?.string,
            verified: value?["verified"]?.bool, problem: value?["problem"]?.string, reason: value?["reason"]?.string,
            alpn: value?["alpn"]?.string, certificateNames: names, chain: chain(value?["chain"]))
    }

    private static func chain(_ value: CommentJSON?) -> [TLSMark.Certificate] {
        guard case .array(let values) = value else { return [] }
        return values.compactMap { value in
            guard let subject = value["subject"]?.string, let issuer = value["issuer"]?.string,
                case .array(let names) = value["names"], let from = value["from"]?.integer,
                let until = value["until"]?.integer, let sha256 = value["sha256"]?.string
            else { return nil }
            return TLSMark.Certificate(
                subject: subject, issuer: issuer, names: names.compactMap(\.string),
                notBefore: Timestamp(nanoseconds: from), notAfter: Timestamp(nanoseconds: until), sha256: sha256)
        }
    }

    private static func lookup(_ json: CommentJSON?) -> NameLookup? {
        guard let json, let name = json["name"]?.string, let type = json["type"]?.string,
            let time = json["time"]?.integer
        else { return nil }
        return NameLookup(
            name: name, type: type, time: Timestamp(nanoseconds: time), domain: json["domain"]?.string,
            preference: json["preference"]?.integer.flatMap { UInt16(exactly: $0) })
    }

    private static func apply(_ json: CommentJSON?, to end: inout Endpoint) {
        guard let json else { return }
        if let name = json["name"]?.string { end.name = name }
        switch json["address"] {
        case .null: end.address = nil
        case .string(let text): end.address = IPAddress(text) ?? end.address
        default: break
        }
        if let port = json["port"]?.integer.flatMap({ UInt16(exactly: $0) }) { end.port = port }
    }
}
