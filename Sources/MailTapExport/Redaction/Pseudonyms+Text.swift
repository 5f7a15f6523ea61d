import MailTapCore

extension Pseudonyms {
    /// A text with every word replaced but those that `keeps` lets stand; addresses are replaced as addresses.
    ///
    /// Blanks, punctuation and control characters stay, so that lines and structure do.
    mutating func words(
        _ octets: some Collection<UInt8>,
        keeps: (_ word: ArraySlice<UInt8>, _ text: [UInt8]) -> Bool = { _, _ in false }
    ) -> [UInt8] {
        let text = Array(octets)
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let octet = text[index]
            if octet == 0x1B {
                // ISO 2022 switches between character sets with it.
                out += text[index..<min(text.count, index + 3)]
                index += 3
            } else if let end = AddressText.end(in: text, from: index),
                let address = IPAddress(String(decoding: text[index..<end], as: UTF8.self))
            {
                let new = Array(self.address(address).description.utf8)
                out += new.count == end - index ? new : plainWords(text[index..<end])
                index = end
            } else if WordClass.isWord(octet) {
                let end = text[index...].firstIndex { !WordClass.isWord($0) } ?? text.count
                let word = text[index..<end]
                out += keeps(word, text) ? Array(word) : self.word(word)
                index = end
            } else {
                out.append(octet)
                index += 1
            }
        }
        return out
    }

    /// Every word replaced, whatever stands around it: the same text gives the same, wherever it stands.
    mutating func plainWords(_ octets: some Collection<UInt8>) -> [UInt8] {
        var out = Array(octets)
        var index = 0
        while index < out.count {
            guard WordClass.isWord(out[index]) else {
                index += 1
                continue
            }
            let end = out[index...].firstIndex { !WordClass.isWord($0) } ?? out.count
            out.replaceSubrange(index..<end, with: word(out[index..<end]))
            index = end
        }
        return out
    }

    /// A name of some kind: replaced whole, listed, and replaced wherever its words are said later.
    mutating func name(_ octets: some Collection<UInt8>, _ kind: RedactionLog.Kind) -> [UInt8] {
        learn(octets)
        let new = words(octets)
        let isAddress = IPAddress(String(decoding: octets, as: UTF8.self)) != nil
        if !isAddress { log.note(kind, octets, new) }
        return new
    }

    /// A mailbox, or what should be one; its host is listed by itself, too.
    mutating func mailbox(_ octets: some Collection<UInt8>) -> [UInt8] {
        let text = Array(octets)
        if let at = text.lastIndex(of: UInt8(ascii: "@")), at + 1 < text.count {
            learn(text[..<at])
            let host = text[(at + 1)...]
            if host.first != UInt8(ascii: "[") { _ = name(host, .host) }
        } else {
            learn(text)
        }
        let new = words(text)
        log.note(.mailbox, text, new)
        return new
    }

    /// Text of a server: the words that servers use stay, with numbers; names and whatever is not known do not.
    ///
    /// Telephone numbers do not, either.
    mutating func prose(_ octets: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var rest = Array(octets)
        while let place = PhoneText.range(in: rest) {
            out += proseWithoutPhones(rest[..<place.lowerBound])
            let new = plainWords(rest[place])
            log.note(.identifier, rest[place], new)
            out += new
            rest = Array(rest[place.upperBound...])
        }
        return out + proseWithoutPhones(rest)
    }

    private mutating func proseWithoutPhones(_ octets: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        for token in Array(octets).splitKeepingBlanks() {
            guard let first = token.firstIndex(where: WordClass.isWord),
                let last = token.lastIndex(where: WordClass.isWord)
            else {
                out += token
                continue
            }
            let core = Array(token[first...last])
            out += token[..<first]
            out += proseToken(core)
            out += token[(last + 1)...]
        }
        return out
    }

    private mutating func proseToken(_ core: [UInt8]) -> [UInt8] {
        if EnhancedCodeForm.isOne(core) { return core }
        if core.contains(UInt8(ascii: "@")) { return mailboxes(in: core) }
        if isCompound(core) {
            return core.contains(where: WordClass.isLetter) ? name(core, .host) : words(core)
        }
        let names = names
        return words(core) { word, _ in
            let plain = word.map(WordClass.lowercased)
            guard !names.contains(plain) else { return false }
            return plain.allSatisfy(WordClass.isDigit) || Vocabulary.prose.contains(plain)
        }
    }

    private mutating func mailboxes(in core: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for piece in core.splitKeeping(where: { [58, 59, 60, 62, 44, 61].contains($0) }) {
            out += piece.contains(UInt8(ascii: "@")) ? mailbox(piece) : words(piece)
        }
        return out
    }

    /// Whether a dot or the like joins words to one name.
    private func isCompound(_ core: [UInt8]) -> Bool {
        core.indices.dropFirst().dropLast().contains { index in
            [46, 95, 61].contains(core[index]) && WordClass.isWord(core[index - 1]) && WordClass.isWord(core[index + 1])
        }
    }
}

/// Where the text of an IP address may stand.
private enum AddressText {
    /// The end of what could be one, from `start` on; nil where none begins here.
    static func end(in text: [UInt8], from start: Int) -> Int? {
        let first = text[start]
        guard isPart(first) else { return nil }
        if start > 0 {
            let before = text[start - 1]
            let isTagged = before == UInt8(ascii: ":") && start >= 5 && text[start - 2] == UInt8(ascii: "6")
            guard !isPart(before) && !WordClass.isWord(before) || isTagged else { return nil }
        }
        var end = start
        while end < text.count, end - start < 46, isPart(text[end]) { end += 1 }
        guard end == text.count || !WordClass.isWord(text[end]) else { return nil }
        while end > start, text[end - 1] == UInt8(ascii: ".") { end -= 1 }
        let run = text[start..<end]
        return run.count(where: { $0 == 46 || $0 == 58 }) >= 2 ? end : nil
    }

    private static func isPart(_ octet: UInt8) -> Bool {
        WordClass.isDigit(octet) || octet | 32 >= 97 && octet | 32 <= 102 || octet == 46 || octet == 58
    }
}

/// Enhanced status codes (RFC 3463).
enum EnhancedCodeForm {
    /// Whether the word is one, such as `5.7.1`.
    static func isOne(_ word: [UInt8]) -> Bool {
        let parts = word.split(separator: 46, omittingEmptySubsequences: false)
        return parts.count == 3 && [[50], [52], [53]].contains(Array(parts[0]))
            && parts[1...].allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(WordClass.isDigit) }
    }
}

extension [UInt8] {
    /// The pieces between and of blanks, in order; together they are the whole.
    func splitKeepingBlanks() -> [[UInt8]] { splitKeeping { $0 == 32 || $0 == 9 } }

    /// The pieces between separators, and the separators by themselves, in order.
    func splitKeeping(where isSeparator: (UInt8) -> Bool) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        for octet in self {
            if isSeparator(octet) {
                pieces.append([octet])
            } else if let last = pieces.last, last.count > 1 || !isSeparator(last[0]) {
                pieces[pieces.count - 1].append(octet)
            } else {
                pieces.append([octet])
            }
        }
        return pieces
    }
}
