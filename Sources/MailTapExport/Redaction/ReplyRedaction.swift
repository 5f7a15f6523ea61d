import MailTapCore

extension Pseudonyms {
    /// The text of an SMTP reply's line, behind code and separator; `line` counts from 0.
    mutating func smtpReply(_ text: [UInt8], _ status: ReplyStatus, _ verb: SMTPVerb?, line: Int) -> [UInt8] {
        if status.rawValue == 334 { return saslToken(text) }
        let greets = verb == nil || verb == .helo || verb == .ehlo || verb == .lhlo
        if greets, line == 0, status.isPositive {
            // The server's name comes first (RFC 5321 sections 4.2 and 4.1.1.1).
            let host = text.prefix { $0 != 32 }
            guard !EnhancedCodeForm.isOne(Array(host)) else { return prose(text) }
            return name(host, .host) + prose(text[host.endIndex...])
        }
        if greets, verb != nil, status.isPositive { return capability(text) }
        return prose(text)
    }

    /// A line of a POP3 response, behind its status indicator.
    mutating func pop3Reply(_ text: [UInt8], _ status: ReplyStatus, _ verb: POP3Verb?) -> [UInt8] {
        if status == .plus { return saslToken(text) }
        if verb == .uidl, status.isPositive { return pop3Listing(text, .uidl) }
        return prose(text)
    }

    /// A line of a POP3 listing.
    mutating func pop3Listing(_ line: [UInt8], _ verb: POP3Verb?) -> [UInt8] {
        switch verb {
        case .uidl:
            // A number, and the message's unique id (RFC 1939 section 7).
            guard let space = line.firstIndex(of: 32), line[..<space].allSatisfy({ WordClass.isDigit($0) || $0 == 46 })
            else { return prose(line) }
            return line[...space] + identifier(line[(space + 1)...])
        case .list, .stat, .last:
            return words(line) { word, _ in word.allSatisfy(WordClass.isDigit) }
        case .capa, .auth: return capability(line)
        default: return prose(line)
        }
    }

    private mutating func identifier(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        let new = words(octets)
        log.note(.identifier, octets, new)
        return new
    }

    /// A capability with its arguments: keywords stay (RFC 5321 section 4.1.1.1, RFC 2449), names do not.
    private mutating func capability(_ line: [UInt8]) -> [UInt8] {
        let keyword = line.prefix { $0 != 32 && $0 != 61 }
        let isKeyword =
            !keyword.isEmpty
            && keyword.allSatisfy { WordClass.isAlphanumeric($0) || $0 == 45 || $0 == 95 }
            && keyword.count <= 32
        guard isKeyword else { return prose(line) }
        let plain = keyword.map(WordClass.lowercased)
        let rest = line[keyword.endIndex...]
        if plain == Array("implementation".utf8) { return keyword + prose(rest) }
        var out = Array(keyword)
        for token in Array(rest).splitKeepingBlanks() {
            let isName = token.contains { $0 == 46 || $0 == 64 || $0 == 58 } || !token.allSatisfy { $0 < 128 }
            out += isName ? prose(token) : token
        }
        return out
    }
}

extension ReplyStatus {
    /// Octets that an SMTP reply code takes, its separator included where it has one (RFC 5321 section 4.2).
    func codeLength(_ line: [UInt8]) -> Int {
        guard rawValue != 0, line.count > 3 else { return min(3, line.count) }
        return [32, 45, 9].contains(line[3]) ? 4 : 3
    }

    /// Octets of a POP3 line that its status indicator takes, the blank behind it included; 0 where it has none.
    func indicatorLength(_ line: [UInt8]) -> Int {
        let word = Array(text.utf8)
        guard !word.isEmpty, line.starts(with: word) else { return 0 }
        return word.count + (line.dropFirst(word.count).first == 32 ? 1 : 0)
    }
}
