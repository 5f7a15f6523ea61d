import MailTapCore

/// What the live server offers, and what of a recorded MAIL or RCPT command it therefore can be told.
struct OfferedExtensions: Sendable {
    /// Keywords of the last EHLO or LHLO answer, in capitals; empty behind HELO.
    private(set) var keywords: Set<String> = []

    /// Nothing is offered.
    init() {}

    /// What the lines behind the first of a positive answer offer.
    init(_ lines: ArraySlice<[UInt8]>) {
        keywords = Set(
            lines.map { line in
                String(decoding: line.prefix { $0 != 0x20 && $0 != 0x3D }, as: UTF8.self).uppercased()
            })
    }

    /// Whether a keyword was among them.
    func contains(_ keyword: String) -> Bool { keywords.contains(keyword) }

    /// The extension that a parameter of MAIL or RCPT belongs to; nil for an unknown one.
    private static func keyword(of parameter: String) -> String? {
        switch parameter {
        case "BODY=BINARYMIME": return "BINARYMIME"
        case "SMTPUTF8": return "SMTPUTF8"
        case "REQUIRETLS": return "REQUIRETLS"
        default: break
        }
        return switch parameter.prefix(while: { $0 != "=" }) {
        case "SIZE": "SIZE"  // RFC 1870
        case "BODY": "8BITMIME"  // RFC 6152
        case "RET", "ENVID", "NOTIFY", "ORCPT": "DSN"  // RFC 3461
        case "AUTH": "AUTH"  // RFC 4954 section 5
        case "BY": "DELIVERBY"  // RFC 2852
        case "HOLDFOR", "HOLDUNTIL": "FUTURERELEASE"  // RFC 4865
        case "MT-PRIORITY": "MT-PRIORITY"  // RFC 6710
        case "RRVS": "RRVS"  // RFC 7293
        default: nil
        }
    }

    /// The line without parameters whose extension is not offered (RFC 5321 section 4.1.1.11), and which those are.
    func saying(_ line: [UInt8]) -> (line: [UInt8], missing: [String]) {
        guard let end = Self.endOfPath(line), end < line.count else { return (line, []) }
        var missing: [String] = []
        var kept: [[UInt8]] = []
        for word in line[end...].split(separator: 0x20) {
            let text = String(decoding: word, as: UTF8.self).uppercased()
            if let keyword = Self.keyword(of: text), !keywords.contains(keyword) {
                if !missing.contains(keyword) { missing.append(keyword) }
            } else {
                kept.append([UInt8](word))
            }
        }
        guard !missing.isEmpty else { return (line, []) }
        return (line[..<end] + kept.flatMap { [0x20] + $0 }, missing)
    }

    /// The place behind the `>` of a path; quoted local parts may hold one of their own.
    private static func endOfPath(_ line: [UInt8]) -> Int? {
        guard let start = line.firstIndex(of: 0x3C) else { return nil }
        var isQuoted = false
        var index = start + 1
        while index < line.count {
            switch line[index] {
            case 0x5C: index += 1
            case 0x22: isQuoted.toggle()
            case 0x3E where !isQuoted: return index + 1
            default: break
            }
            index += 1
        }
        return nil
    }
}
