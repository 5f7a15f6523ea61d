import MailTapAnalysis
import MailTapCore
import MailTapServer

extension RecordedService {
    /// Answers an SMTP command line.
    mutating func smtp(_ verb: String, _ line: [UInt8], _ effects: inout [Effect]) {
        let refusal = state.refusal(ofSMTP: verb, isLMTP: script.isLMTP, needsHello: script.hasHello)
        if let refusal {
            // A chunk's octets follow whatever the answer is (RFC 3030 section 2).
            if verb == "BDAT", let size = Self.chunkSize(line) {
                input = .chunk(size, reply: [UInt8]("\(refusal)\r\n".utf8), isLast: false)
            } else {
                answer(script.findRefusal(verb, line), otherwise: refusal, &effects)
            }
            return
        }
        switch verb {
        case "AUTH" where line.count > 5: authenticate(line, &effects)
        case "AUTH": answer(script.findExactly(verb, line), otherwise: "501 5.5.4 Mechanism expected", &effects)
        case "DATA": data(line, &effects)
        case "BDAT": chunk(line, &effects)
        case "STARTTLS": startTLS(line, verb, &effects)
        case "EHLO", "LHLO", "HELO": hello(verb, line, &effects)
        default:
            let found = script.find(verb, line)
            state.answered(verb, answer(found, otherwise: Self.fallback(verb), &effects))
            if found == nil, verb == "QUIT" { close(&effects) }
        }
    }

    private static func fallback(_ verb: String) -> String {
        switch verb {
        case "RSET", "NOOP": "250 2.0.0 Ok"
        case "QUIT": "221 2.0.0 Bye"
        case "VRFY": "252 2.0.0 Can't verify"
        case "MAIL", "RCPT": "450 4.7.0 Not in the recording"
        default: "502 5.5.1 Not in the recording"
        }
    }

    /// HELO where the recording has EHLO gets its first line alone, and the other way round.
    private mutating func hello(_ verb: String, _ line: [UInt8], _ effects: inout [Effect]) {
        if let found = script.find(verb, line) {
            state.answered(verb, answer(found, otherwise: "", &effects))
            return
        }
        let other = verb == "HELO" ? script.find("EHLO", []) : verb == "EHLO" ? script.find("HELO", []) : nil
        guard var reply = other.flatMap({ script.exchanges[checked: $0]?.reply }) else {
            state.answered(verb, answer(nil, otherwise: "502 5.5.1 Not in the recording", &effects))
            return
        }
        reply.lines = WireLines(Array(reply.lines.prefix(1)))
        effects.append(.send(script.render(reply)))
        state.answered(verb, reply.status)
    }

    private mutating func data(_ line: [UInt8], _ effects: inout [Effect]) {
        guard let found = script.find("DATA", line) else {
            // The recorded client used BDAT: its last chunk's reply answers this content.
            guard let last = script.findLastChunk() else {
                answer(nil, otherwise: "503 5.5.1 Not in the recording", &effects)
                return
            }
            answer(nil, otherwise: "354 Go on", &effects)
            input = .data(ContentEnd(), reply: last)
            return
        }
        answer(found, otherwise: "", &effects)
        guard script.exchanges[found].reply?.status.isIntermediate ?? false else { return }
        let content = script.exchanges[checked: found + 1]?.command?.verb == "*data" ? found + 1 : nil
        if let content { script.use(content) }
        input = .data(ContentEnd(), reply: content)
    }

    /// Answers a mail's content; LMTP once for each recipient that was accepted (RFC 2033 section 4.2).
    mutating func content(_ reply: Int?, _ effects: inout [Effect]) {
        let count = script.isLMTP ? state.recipients : nil
        state.answered("*data", .none)
        guard let count, let reply, let octets = script.contentReplies(to: reply, count: max(1, count)) else {
            answer(reply, otherwise: "250 2.0.0 Ok", &effects)
            return
        }
        effects.append(.send(octets))
        closeBehindLast(reply, &effects)
    }

    static func chunkSize(_ line: [UInt8]) -> Int? {
        let words = line.split(separator: 0x20)
        guard words.count > 1, let size = Int(String(decoding: words[1], as: UTF8.self)), size >= 0 else { return nil }
        return size
    }

    private mutating func chunk(_ line: [UInt8], _ effects: inout [Effect]) {
        guard let size = Self.chunkSize(line) else {
            answer(script.find("BDAT", line), otherwise: "501 5.5.4 BDAT size [LAST] expected", &effects)
            return
        }
        let isLast = line.split(separator: 0x20).count > 2
        let found = isLast ? script.findLastChunk() : script.find("BDAT", line)
        let count = script.isLMTP && isLast ? max(1, state.recipients ?? 1) : 1
        let reply = found.flatMap { script.contentReplies(to: $0, count: count) } ?? [UInt8]("250 2.0.0 Ok\r\n".utf8)
        input = .chunk(size, reply: reply, isLast: isLast)
    }

    mutating func startTLS(_ line: [UInt8], _ verb: String, _ effects: inout [Effect]) {
        let found = script.find(verb, line)
        guard let found, !script.hidesTLS || script.exchanges[found].reply?.status.isPositive != true else {
            answer(nil, otherwise: script.isPOP3 ? "-ERR TLS is not served" : "454 4.7.0 TLS is not served", &effects)
            return
        }
        answer(found, otherwise: "", &effects)
        guard script.exchanges[found].reply?.status.isPositive == true else { return }
        state.encrypted()
        beginTLS(&effects)
    }

    /// A login: whatever the credentials are, it ends as recorded; also by another mechanism than was recorded.
    mutating func authenticate(_ line: [UInt8], _ effects: inout [Effect]) {
        let words = line.split(separator: 0x20)
        let mechanism = words.count > 1 ? String(decoding: words[1], as: UTF8.self).uppercased() : ""
        let hash = ServedCapabilities.hash(mechanism, credentials)
        guard hash != nil || !ServedCapabilities.isUnanswerable(mechanism, credentials) else {
            let why = "\(mechanism) needs the password, which no recording has; use PLAIN or LOGIN"
            answer(nil, otherwise: script.isPOP3 ? "-ERR \(why)" : "504 5.5.4 \(why)", &effects)
            return
        }
        let recorded = script.findLogin(mechanism)
        let known = hash != nil || ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"].contains(mechanism)
        guard let first = recorded ?? (known ? script.findAnyLogin() : nil) else {
            answer(
                nil, otherwise: script.isPOP3 ? "-ERR Not in the recording" : "504 5.5.4 Not in the recording", &effects
            )
            return
        }
        var last = first
        if recorded != nil {
            while script.exchanges[checked: last + 1]?.command?.verb == "*auth" { last += 1 }
        }
        if let hash {
            for index in first...last { script.use(index) }
            beginScram(hash, initial: words.count > 2 ? [UInt8](words[2]) : nil, reply: last, &effects)
            return
        }
        var challenges: [[UInt8]]
        switch mechanism {
        // Their challenges are always the same, so that a client may choose whether to send an initial response.
        case "PLAIN", "XOAUTH2", "OAUTHBEARER": challenges = [script.challenge("")]
        case "LOGIN": challenges = [script.challenge("VXNlcm5hbWU6"), script.challenge("UGFzc3dvcmQ6")]
        // Base 64 of <1@recorded>; any will do, as no answer is checked.
        case "CRAM-MD5" where recorded == nil: challenges = [script.challenge("PDFAcmVjb3JkZWQ+")]
        default: challenges = (first..<last).compactMap { script.answer(to: $0) }
        }
        if known, mechanism != "CRAM-MD5", words.count > 2 { challenges.removeFirst() }
        for index in first...last { script.use(index) }
        guard let next = challenges.first else {
            finishLogin(last, &effects)
            return
        }
        effects.append(.send(next))
        input = .sasl(challenges: Array(challenges.dropFirst()), reply: last)
    }

    mutating func finishLogin(_ reply: Int, _ effects: inout [Effect]) {
        let status = answer(reply, otherwise: "", &effects)
        if script.isPOP3 {
            state.answered("AUTH", nil, isPositive: status.isPositive)
        } else {
            state.answered("AUTH", status)
        }
    }
}
