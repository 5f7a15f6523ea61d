import MailTapCore

/// Blanks between the words of an SMTP command: one space each, and none at the end (RFC 5321 section 4.1.1.1 and on).
enum BlankRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        switch place.facts.verb {
        case .none, .other, .content, .response: return
        // Nothing stands behind these, so there is no blank either.
        case .data, .rset, .quit, .noop, .turn: if place.facts.commandLength == 4 { return }
        case .mail, .rcpt:
            // Written as the RFC does and nothing behind the path: nearly all are.
            let start = place.facts.verb == .mail ? 11 : 9
            if let path = place.facts.path, path.rest.isEmpty, path.address.lowerBound == start,
                !place.facts.hasOddCommand
            {
                return
            }
        default: break
        }
        guard let what = place.withCommand({ oddity(in: $0, place.facts) }) else { return }
        found.add("smtp.odd-blanks", exchange: place.index, what)
    }

    private static func oddity(in line: RawSpan, _ facts: ExchangeFacts) -> String? {
        let argument = SMTPGrammar.argumentPlace(in: line)
        if line.byteCount > 0, SMTPBlank.contains(line[octet: line.byteCount - 1]) {
            return "A blank stands at the end of the line"
        }
        if let path = facts.path {
            // The address may be quoted, and hold blanks then.
            return oddity(in: line, 0..<path.address.lowerBound) ?? oddity(in: line, path.rest)
        }
        switch facts.verb {
        // Free text, or a name that may be quoted, stands behind these.
        case .noop, .help, .vrfy, .expn: return oddity(in: line, 0..<argument.lowerBound)
        default: return oddity(in: line, 0..<line.byteCount)
        }
    }

    private static func oddity(in line: RawSpan, _ range: Range<Int>) -> String? {
        switch line.oddBlank(in: range) {
        case .tab: "A tab stands in the place of a space"
        case .doubled: "Two spaces follow each other"
        case nil: nil
        }
    }
}
