import MailTapCore

/// The form of a CAPA response's lines (RFC 2449 sections 3, 5 and 6).
enum TagRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.isServers, let lines = place.exchange.data else { return }
        for (index, line) in lines.enumerated() where !line.hasMarks {
            guard let lapse = line.withBytes(lapse) ?? (isRepeated(line, lines[..<index]) ? .repeated : nil) else {
                continue
            }
            found.add(
                "pop3.bad-capability", exchange: place.index,
                "Line \(index + 1) of the answer to CAPA \(lapse.rawValue): \(ShownText.of(line.text().text))",
                severity: lapse == .blanks || lapse == .repeated ? .note : nil)
        }
    }

    private enum Lapse: String {
        case empty = "is empty"
        case letters = "holds octets that a tag or argument has not"
        case blanks = "has blanks other than one space between words"
        case missing = "lacks its argument"
        case many = "has an argument, and its tag takes none"
        case number = "has an argument that is no number"
        case repeated = "stands there before"
    }

    private static func lapse(_ line: RawSpan) -> Lapse? {
        let tag = line.nextWord(from: 0)
        guard !tag.isEmpty else { return .empty }
        // RFC 2449 section 3: a tag is printable, without dots.
        let name = line.extracting(tag)
        guard line.isPrintable, name.firstIndex(of: UInt8(ascii: ".")) == nil else { return .letters }
        let argument = line.nextWord(from: tag.upperBound)
        if let lapse = arguments(name, line.extracting(argument)) { return lapse }
        return hasOddBlanks(line) ? .blanks : nil
    }

    private static func arguments(_ tag: RawSpan, _ first: RawSpan) -> Lapse? {
        func isOne(of names: [StaticString]) -> Bool { names.contains { tag.spells(ignoringCase: $0) } }
        if first.byteCount == 0 { return isOne(of: ["EXPIRE", "LOGIN-DELAY", "IMPLEMENTATION"]) ? .missing : nil }
        if isOne(of: ["TOP", "USER", "UIDL", "STLS", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE"]) { return .many }
        guard isOne(of: ["EXPIRE", "LOGIN-DELAY"]), first.number(from: 0) == nil else { return nil }
        return tag.spells(ignoringCase: "EXPIRE") && first.spells(ignoringCase: "NEVER") ? nil : .number
    }

    private static func hasOddBlanks(_ line: RawSpan) -> Bool {
        let count = line.byteCount
        guard count > 0, line[octet: 0] != 32, line[octet: count - 1] != 32 else { return true }
        return line.oddBlank(in: 0..<count) != nil
    }

    /// Whether the tag of a line is that of one before it.
    private static func isRepeated(_ line: WireText, _ before: ArraySlice<WireText>) -> Bool {
        before.count <= 64
            && before.contains { other in
                line.withBytes { mine in
                    other.withBytes { theirs in
                        mine.extracting(mine.nextWord(from: 0)).isSame(as: theirs.extracting(theirs.nextWord(from: 0)))
                    }
                }
            }
    }
}
