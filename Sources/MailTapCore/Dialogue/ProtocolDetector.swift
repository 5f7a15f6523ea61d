/// Tells the protocol of a connection from what is said first; the server speaks first in all of them.
struct ProtocolDetector: Sendable {
    /// What was found.
    struct Found: Sendable, Equatable {
        /// The protocol; nil for no mail.
        var proto: MailProtocol?
        /// Whether the octets are TLS from the first one on.
        var isTLS = false
    }

    let expecting: MailProtocol?
    let startSeen: Bool
    let isKnownMail: Bool

    /// Decides as soon as what was said allows no other answer; nil while it does.
    func decide(_ client: SideStream, _ server: SideStream, limit: Int) -> Found? {
        if startSeen, server.nextBreakIsGap, Self.line(server.prefix) == nil,
            let found = byLines(client.prefixBehindGap, server.prefixBehindGap)
        {
            return found
        }
        guard client.hasFront || server.hasFront else { return nil }
        let said = client.prefix
        let answered = server.prefix
        if let found = byTLS(said, answered) { return found }
        if let found = byServer(answered, said, clientWasFirst: Self.isFirst(client, server)) { return found }
        if client.heldCount > limit || server.heldCount > limit { return guess(said, answered) }
        if server.nextBreakIsGap, Self.line(answered) == nil { return nil }
        if answered.isEmpty, expecting == nil, !isKnownMail, let line = Self.line(said),
            Self.protocols(ofClient: line).isEmpty
        {
            return Found()
        }
        return nil
    }

    /// The best answer when nothing more will be said.
    func guess(_ said: [UInt8], _ answered: [UInt8]) -> Found {
        if let found = byTLS(said, answered) { return found }
        // What every such protocol has (QUIT) tells nothing where no mail is expected.
        let lines = said.split(separator: 10).prefix(8).map(Array.init).filter {
            expecting != nil || !Self.isCommon($0)
        }
        let candidates = lines.flatMap { Self.protocols(ofClient: $0) }
        if let smtpOrPop = candidates.first, candidates.allSatisfy({ $0 == smtpOrPop }),
            Self.agrees(answered, smtpOrPop)
        {
            return Found(proto: smtpOrPop)
        }
        guard let expecting else { return Found() }
        if !candidates.isEmpty, Self.agrees(answered, expecting) { return Found(proto: expecting) }
        if said.isEmpty, answered.isEmpty || Self.agrees(answered, expecting) { return Found(proto: expecting) }
        // In mid-stream anything may be content; on a port of mail it is taken for it.
        return !startSeen && (answered.isEmpty || Self.agrees(answered, expecting)) ? Found(proto: expecting) : Found()
    }

    private func byTLS(_ said: [UInt8], _ answered: [UInt8]) -> Found? {
        let isTLS =
            said.isEmpty
            ? answered.span.bytes.looksLikeTLS() == true : said.span.bytes.looksLikeTLS() == true
        guard isTLS, answered.isEmpty || answered.span.bytes.looksLikeTLS() == true else { return nil }
        return Found(proto: expecting, isTLS: true)
    }

    private func byServer(_ answered: [UInt8], _ said: [UInt8], clientWasFirst: Bool) -> Found? {
        let bytes = answered.span.bytes
        if bytes.hasPrefix("+OK") || bytes.hasPrefix("-ERR") {
            if expecting == .pop3 || isKnownMail || (startSeen && !clientWasFirst) { return Found(proto: .pop3) }
            return Self.evidence(said, .pop3)
        }
        if bytes.hasPrefix("* OK") || bytes.hasPrefix("* PREAUTH") || bytes.hasPrefix("* BYE") {
            return Found(proto: .imap)
        }
        guard answered.count >= 4 else { return nil }
        if Self.agrees(answered, .smtp) {
            if expecting == .smtp || isKnownMail { return Found(proto: .smtp) }
            if startSeen, !clientWasFirst, let greeting = Self.line(answered), Self.isText(greeting),
                Self.contains(greeting, "MTP") || Self.isRefusal(greeting)
            {
                return Found(proto: .smtp)
            }
            return Self.evidence(said, .smtp)
        }
        if expecting == .smtp || isKnownMail, startSeen, !clientWasFirst, Self.isGreetingWithoutSeparator(answered) {
            return Found(proto: .smtp)
        }
        guard let line = Self.line(said) else {
            return startSeen && expecting == nil && !isKnownMail ? Found() : nil
        }
        // The server's words fit no mail protocol; the client's may still tell what it takes the server for.
        let candidates = Self.protocols(ofClient: line)
        if let expecting, candidates.contains(expecting), isKnownMail || !startSeen { return Found(proto: expecting) }
        if !startSeen || isKnownMail && expecting == nil, candidates.count == 1 {
            return Found(proto: candidates.first)
        }
        return startSeen ? Found() : nil
    }

    /// What whole lines prove, for where the greeting was lost.
    private func byLines(_ said: [UInt8], _ answered: [UInt8]) -> Found? {
        let commands = Self.lines(said)
        guard let expecting else {
            guard let line = commands.first, !Self.isCommon(line) else { return nil }
            let candidates = Self.protocols(ofClient: line)
            return candidates.count == 1 ? Found(proto: candidates.first) : nil
        }
        let isExpected =
            commands.contains { Self.protocols(ofClient: $0).contains(expecting) }
            || Self.lines(answered).contains { !$0.isEmpty && Self.agrees($0 + [13, 10], expecting) }
        return isExpected ? Found(proto: expecting) : nil
    }

    private static func lines(_ octets: [UInt8]) -> [[UInt8]] {
        octets.split(separator: 10, omittingEmptySubsequences: false).dropLast().map { Array($0) }
    }

    private static func isFirst(_ client: SideStream, _ server: SideStream) -> Bool {
        guard let said = client.firstArrival else { return false }
        guard let answered = server.firstArrival else { return true }
        return said < answered
    }

    /// The first line without its end, once it is whole.
    private static func line(_ octets: [UInt8]) -> [UInt8]? {
        guard let end = octets.firstIndex(of: 10) else { return octets.count >= 512 ? octets : nil }
        return Array(octets[..<end])
    }

    /// What the client's whole lines prove, those before the first that tells being common to other protocols (FTP greets
    /// with 220 as well, NNTP with 200); nil while none tells.
    private static func evidence(_ said: [UInt8], _ proto: MailProtocol) -> Found? {
        var rest = said[...]
        while let end = rest.firstIndex(of: 10) {
            let line = Array(rest[..<end])
            rest = rest[(end + 1)...]
            if !isCommon(line) { return Found(proto: protocols(ofClient: line).contains(proto) ? proto : nil) }
        }
        return said.count >= 512 ? Found() : nil
    }

    /// Whether the line is a command that protocols other than mail's have as well, with the same answers.
    private static func isCommon(_ line: [UInt8]) -> Bool {
        let span = line.span.bytes
        let (code, _) = span.verbCode(from: 0, to: span.byteCount)
        switch SMTPVerb(code: code) {
        case .quit, .noop, .help, .rset, .auth: return true
        default: return false
        }
    }

    /// Whether a line holds no control characters.
    private static func isText(_ line: [UInt8]) -> Bool {
        line.allSatisfy { $0 >= 32 || $0 == 9 || $0 == 13 }
    }

    /// Whether a greeting refuses with an enhanced status code (RFC 5321 section 3.8, RFC 3463): no other protocol has
    /// those.
    private static func isRefusal(_ line: [UInt8]) -> Bool {
        guard line.count >= 9, line.starts(with: "421 ".utf8) || line.starts(with: "554 ".utf8) else { return false }
        let isDigit = { (octet: UInt8) in (48...57).contains(octet) }
        return line[4] == line[0] && line[5] == 46 && isDigit(line[6]) && line[7] == 46 && isDigit(line[8])
    }

    private static func contains(_ line: [UInt8], _ word: StaticString) -> Bool {
        let span = line.span.bytes
        return line.indices.contains { span.hasPrefix(word, from: $0) }
    }

    /// Whether the server's octets begin as the protocol's replies do.
    private static func agrees(_ answered: [UInt8], _ proto: MailProtocol) -> Bool {
        guard !answered.isEmpty else { return true }
        switch proto {
        case .pop3:
            return answered.span.bytes.hasPrefix("+OK") || answered.span.bytes.hasPrefix("-ERR") || answered.first == 43
        case .imap: return answered.first == UInt8(ascii: "*")
        case .smtp:
            let digits = answered.prefix(3)
            guard digits.allSatisfy({ $0 >= 48 && $0 <= 57 }), let first = digits.first, first >= 50, first <= 53 else {
                return false
            }
            return answered.count < 4 || [32, 45, 13, 10].contains(answered[3])
        }
    }

    /// Whether the server greets as SMTP's do (RFC 5321 section 4.2), but for the space that is due behind the code.
    private static func isGreetingWithoutSeparator(_ answered: [UInt8]) -> Bool {
        guard answered.count >= 4, !(48...57).contains(answered[3]) else { return false }
        return ["220", "421", "554"].contains { answered.starts(with: $0.utf8) }
    }

    /// The protocols in which a client could say this line.
    private static func protocols(ofClient line: [UInt8]) -> [MailProtocol] {
        let span = line.span.bytes
        let (code, length) = span.verbCode(from: 0, to: span.byteCount)
        let next: UInt8 = length < line.count ? line[length] : 13
        guard next == 32 || next == 13 || next == 9 else { return [] }
        let smtp = SMTPVerb(code: code)
        let pop3 = POP3Verb(code: code)
        var found: [MailProtocol] = []
        switch smtp {
        case .unknown: break
        case .mail where !span.hasPrefix("FROM:", from: min(5, line.count)): break
        case .rcpt where !span.hasPrefix("TO:", from: min(5, line.count)): break
        default: found.append(.smtp)
        }
        if pop3 != .unknown { found.append(.pop3) }
        return found
    }
}
