import MailTapCore

/// The form of the lines of an answer to EHLO or LHLO (RFC 5321 section 4.1.1.1).
enum OfferRules {
    /// At an accepted EHLO or LHLO, over which the dialogue's state has moved.
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.verb == .ehlo || place.facts.verb == .lhlo, place.facts.status.isPositive,
            place.facts.isServers, let offers = place.state.offers, offers.mayBeOdd
        else { return }
        var odd = Oddities()
        var seen: [String: [String]] = [:]
        for (number, line) in offers.texts.enumerated() where line.patterns.isEmpty && !line.hasSecrets {
            let octets = line.octets
            guard let capability = Capability(line: line) else {
                odd.add("Line \(number + 2) of the answer is empty", .note)
                continue
            }
            form(octets, capability, &odd)
            arguments(capability, &odd)
            // `AUTH=LOGIN` beside `AUTH LOGIN` is for clients of before RFC 2554.
            guard !octets.contains(UInt8(ascii: "=")) || capability.keyword != "AUTH" else { continue }
            guard let before = seen.updateValue(capability.arguments, forKey: capability.keyword) else { continue }
            let isSame = before == capability.arguments
            odd.add(
                "\(ShownText.of(capability.keyword)) stands twice" + (isSame ? "" : ", with other values"),
                isSame ? .note : .warning)
        }
        guard let text = odd.text else { return }
        found.add("smtp.bad-capability", exchange: place.index, text, severity: odd.severity)
    }

    /// What is odd about an answer's lines, and how bad the worst of it is.
    private struct Oddities {
        private var texts: [String] = []
        private(set) var severity = Severity.note

        mutating func add(_ text: String, _ severity: Severity = .warning) {
            texts.append(text)
            self.severity = max(self.severity, severity)
        }

        /// In words; nil where there is nothing.
        var text: String? {
            guard !texts.isEmpty else { return nil }
            let more = texts.count > 4 ? ", and \(texts.count - 4) more" : ""
            return texts.prefix(4).joined(separator: "; ") + more
        }
    }

    private static func form(_ octets: [UInt8], _ capability: Capability, _ odd: inout Oddities) {
        let keyword = ShownText.of(capability.keyword)
        if let first = octets.first, SMTPBlank.contains(first) {
            odd.add("A blank stands before \(keyword)", .note)
        } else if octets.last == 32 || octets.span.bytes.oddBlank(in: octets.indices) != nil {
            odd.add("Blanks other than one space stand in the line of \(keyword)", .note)
        }
        let isKeyword = capability.keyword.utf8.allSatisfy {
            ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "-")
        }
        guard !isKeyword || capability.keyword.utf8.first == UInt8(ascii: "-") else { return }
        // `=` is how servers wrote before RFC 2554, and an underscore stands in what Exim offers.
        let isUsual = capability.keyword.utf8.allSatisfy {
            ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || "_=-".utf8.contains($0)
        }
        odd.add(
            "\(keyword) is no keyword: letters, digits and hyphens, no hyphen in front",
            isUsual && capability.keyword.utf8.first != UInt8(ascii: "-") ? .note : .warning)
    }

    private static func arguments(_ capability: Capability, _ odd: inout Oddities) {
        let words = capability.arguments
        let shown = ShownText.of(words.joined(separator: " "))
        switch capability.keyword {
        case "SIZE":
            guard words.count > 1 || words.contains(where: { !isNumber($0, digits: 20) }) else { return }
            odd.add("SIZE \(shown): it takes one number of octets (RFC 1870 section 4)")
        case "AUTH":
            if words.isEmpty { odd.add("AUTH names no mechanism (RFC 4954 section 3)", .note) }
        case "LIMITS":
            for word in words where !isLimit(word) {
                odd.add("LIMITS \(ShownText.of(word)) is no limit (RFC 9422 section 3)")
            }
        default:
            let standsAlone = KeywordMarks.standsAlone(Array(capability.keyword.utf8).span.bytes)
            guard standsAlone, !words.isEmpty else { return }
            odd.add("\(capability.keyword) takes no argument, and \(shown) stands behind it", .note)
        }
    }

    /// RFC 9422 sections 3 and 4: a name, `=` and, for the limits that it defines, a number of six digits at most.
    private static func isLimit(_ word: String) -> Bool {
        let fields = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 2, !fields[0].isEmpty, !fields[1].isEmpty else { return false }
        guard ["MAILMAX", "RCPTMAX", "RCPTDOMAINMAX"].contains(fields[0].uppercased()) else { return true }
        return isNumber(fields[1], digits: 6) && !fields[1].hasPrefix("0")
    }

    private static func isNumber(_ text: String, digits: Int) -> Bool {
        !text.isEmpty && text.utf8.count <= digits && text.utf8.allSatisfy { $0 &- 48 < 10 }
    }
}
