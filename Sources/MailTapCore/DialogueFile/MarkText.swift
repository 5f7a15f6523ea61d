/// The lines of a dialogue file that say what happened beside octets: `-- ` and words.
enum MarkText {
    /// Appends a mark's line, line end included.
    static func append(_ mark: Mark, to out: inout [UInt8]) {
        out += "-- ".utf8
        switch mark {
        case .eof(let side): out += "eof \(name(side))".utf8
        case .reset(let side): out += "reset \(name(side))".utf8
        case .gap(let side, let length): out += "gap \(name(side)) \(length)".utf8
        case .conflict(let range): out += "conflict \(text(range))".utf8
        case .masked(let mask): out += "masked \(text(mask.range)) \(mask.kind.name)".utf8
        case .pattern(let range, let pattern):
            out += "pattern \(text(range)) ".utf8
            append(quoted: Array(pattern.name.utf8)[...], to: &out)
        case .injected(let range): out += "injected \(text(range))".utf8
        case .forwarded(let range, let octets):
            out += "forwarded \(text(range)) ".utf8
            append(quoted: octets[...], to: &out)
        case .tls(let tls):
            out += "tls \(tls.start.rawValue) \(tls.isDecrypted ? "decrypted" : "opaque")".utf8
            append(tls.client, "", to: &out)
            if let upstream = tls.upstream {
                out += " upstream".utf8
                append(upstream, "upstream-", to: &out)
            }
        case .trouble(let trouble):
            out += "trouble ".utf8
            append(value: trouble.code, to: &out)
            out.append(32)
            append(quoted: Array(trouble.text.utf8)[...], to: &out)
        case .ended(let ending): out += "ended \(ending.rawValue)".utf8
        }
        out.append(10)
    }

    /// Appends a value: as it stands where it is one plain word, else in quotes.
    static func append(value: String, to out: inout [UInt8]) {
        let octets = Array(value.utf8)
        let special = Array("\"\\=".utf8)
        let isPlain = octets.allSatisfy { $0 > 0x20 && $0 < 0x7F && !special.contains($0) }
        if isPlain, !octets.isEmpty { out += octets } else { append(quoted: octets[...], to: &out) }
    }

    private static func append(quoted octets: ArraySlice<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        DialogueEscapes.append(octets, in: .quoted, to: &out)
        out.append(UInt8(ascii: "\""))
    }

    private static func append(_ leg: TLSMark.Leg, _ prefix: String, to out: inout [UInt8]) {
        var facts: [(String, String?)] = [
            ("version", leg.version), ("cipher", leg.cipher), ("sni", leg.sni),
            ("verified", leg.verified.map { $0 ? "yes" : "no" }), ("problem", leg.problem),
            ("reason", leg.reason), ("alpn", leg.alpn),
        ]
        facts += leg.certificateNames.map { ("certificate", $0) }
        facts += leg.chain.map { ("chain", text($0)) }
        for case (let key, let value?) in facts {
            out += " \(prefix)\(key)=".utf8
            append(value: value, to: &out)
        }
    }

    /// Reads the words behind `-- `; `end` is not one of them.
    static func parse(_ words: [DialogueWord]) -> Mark? {
        guard let first = words.first?.plain else { return nil }
        let rest = words.dropFirst()
        switch (first, rest.count) {
        case ("eof", 1): return side(rest.first).map { .eof($0) }
        case ("reset", 1): return side(rest.first).map { .reset($0) }
        case ("gap", 2):
            guard let side = side(rest.first), let length = number(rest.last) else { return nil }
            return .gap(side, length)
        case ("conflict", 3): return range(rest).map { .conflict($0) }
        case ("injected", 3): return range(rest).map { .injected($0) }
        case ("masked", 4):
            guard let range = range(rest), let kind = rest.last?.plain.flatMap({ SecretKind(name: $0) }) else {
                return nil
            }
            return .masked(Mask(range: range, kind: kind))
        case ("pattern", 4):
            guard let range = range(rest), let pattern = rest.last?.text.flatMap({ ReplyPattern($0) }) else {
                return nil
            }
            return .pattern(range, pattern)
        case ("forwarded", 4):
            guard let range = range(rest), let octets = rest.last?.value else { return nil }
            return .forwarded(range, octets)
        case ("trouble", 2):
            guard let code = rest.first?.text, let text = rest.last?.text else { return nil }
            return .trouble(Trouble(code: code, text: text))
        case ("ended", 1): return rest.first?.plain.flatMap { Ending(rawValue: $0) }.map { .ended($0) }
        case ("tls", 1...): return tls(rest)
        default: return nil
        }
    }

    private static func tls(_ words: ArraySlice<DialogueWord>) -> Mark? {
        guard let start = words.first?.plain.flatMap({ TLSMark.Start(rawValue: $0) }) else { return nil }
        var mark = TLSMark(start: start, isDecrypted: true, client: TLSMark.Leg())
        for word in words.dropFirst() {
            guard let key = word.key else {
                switch word.plain {
                case "decrypted": mark.isDecrypted = true
                case "opaque": mark.isDecrypted = false
                case "upstream": mark.upstream = mark.upstream ?? TLSMark.Leg()
                default: return nil
                }
                continue
            }
            guard let text = word.text else { return nil }
            if key.hasPrefix("upstream-") {
                var leg = mark.upstream ?? TLSMark.Leg()
                guard set(key.dropFirst(9), text, &leg) else { return nil }
                mark.upstream = leg
            } else if !set(key[...], text, &mark.client) {
                return nil
            }
        }
        return .tls(mark)
    }

    private static func set(_ key: Substring, _ value: String, _ leg: inout TLSMark.Leg) -> Bool {
        switch key {
        case "version": leg.version = value
        case "cipher": leg.cipher = value
        case "sni": leg.sni = value
        case "problem": leg.problem = value
        case "reason": leg.reason = value
        case "alpn": leg.alpn = value
        case "certificate": leg.certificateNames.append(value)
        case "chain":
            guard let certificate = certificate(value) else { return false }
            leg.chain.append(certificate)
        case "verified" where value == "yes" || value == "no": leg.verified = value == "yes"
        default: return false
        }
        return true
    }

    /// A certificate's facts in one value, tabs between them and spaces between names.
    private static func text(_ certificate: TLSMark.Certificate) -> String {
        [
            certificate.subject, certificate.issuer, certificate.names.joined(separator: " "),
            "\(certificate.notBefore.nanoseconds)", "\(certificate.notAfter.nanoseconds)", certificate.sha256,
        ].joined(separator: "\t")
    }

    private static func certificate(_ text: String) -> TLSMark.Certificate? {
        let facts = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard facts.count == 6, let from = Int64(facts[3]), let until = Int64(facts[4]) else { return nil }
        return TLSMark.Certificate(
            subject: facts[0], issuer: facts[1], names: facts[2].split(separator: " ").map(String.init),
            notBefore: Timestamp(nanoseconds: from), notAfter: Timestamp(nanoseconds: until), sha256: facts[5])
    }

    private static func name(_ side: Side) -> String { side == .client ? "client" : "server" }

    private static func text(_ range: StreamRange) -> String { "\(name(range.side)) \(range.start) \(range.end)" }

    private static func side(_ word: DialogueWord?) -> Side? {
        switch word?.plain {
        case "client": .client
        case "server": .server
        default: nil
        }
    }

    private static func number(_ word: DialogueWord?) -> UInt64? {
        guard let plain = word?.plain, plain.utf8.first != UInt8(ascii: "+") else { return nil }
        return UInt64(plain)
    }

    private static func range(_ words: ArraySlice<DialogueWord>) -> StreamRange? {
        let words = Array(words.prefix(3))
        guard words.count == 3, let side = side(words[0]), let start = number(words[1]), let end = number(words[2]),
            start <= end
        else { return nil }
        return StreamRange(side, start, end)
    }
}
