import MailTapAnalysis
import MailTapCore

extension RecordedService {
    /// Answers a command line.
    mutating func command(_ line: [UInt8], _ effects: inout [Effect]) {
        let verb = RecordedScript.verb(line)
        switch (script.isPOP3, verb) {
        case (_, "AUTH") where line.count > 5: authenticate(line, &effects)
        case (false, "DATA"): data(line, &effects)
        case (false, "BDAT"): chunk(line, &effects)
        case (false, "STARTTLS"), (true, "STLS"): startTLS(line, verb, &effects)
        case (false, _):
            let found = script.find(verb, line)
            answer(found ?? helloInstead(of: verb), otherwise: Self.smtpFallback(verb), &effects)
            if found == nil, verb == "QUIT" { close(&effects) }
        case (true, _): pop3(verb, line, &effects)
        }
    }

    /// HELO where the recording has EHLO, and the other way round.
    private mutating func helloInstead(of verb: String) -> Int? {
        switch verb {
        case "EHLO": script.find("HELO", [])
        case "HELO": script.find("EHLO", [])
        default: nil
        }
    }

    private static func smtpFallback(_ verb: String) -> String {
        switch verb {
        case "RSET", "NOOP": "250 2.0.0 Ok"
        case "QUIT": "221 2.0.0 Bye"
        case "VRFY": "252 2.0.0 Can't verify"
        case "MAIL", "RCPT": "450 4.7.0 Not in the recording"
        default: "502 5.5.1 Not in the recording"
        }
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

    private mutating func chunk(_ line: [UInt8], _ effects: inout [Effect]) {
        let words = line.split(separator: 0x20)
        guard words.count > 1, let size = Int(String(decoding: words[1], as: UTF8.self)), size >= 0 else {
            answer(script.find("BDAT", line), otherwise: "501 5.5.4 BDAT size [LAST] expected", &effects)
            return
        }
        let found = words.count > 2 ? script.findLastChunk() : script.find("BDAT", line)
        let reply = found.flatMap { script.answer(to: $0) } ?? [UInt8]("250 2.0.0 Ok\r\n".utf8)
        input = .chunk(size, reply: reply)
    }

    private mutating func startTLS(_ line: [UInt8], _ verb: String, _ effects: inout [Effect]) {
        let found = script.find(verb, line)
        guard let found, !script.hidesTLS || script.exchanges[found].reply?.status.isPositive != true else {
            answer(nil, otherwise: script.isPOP3 ? "-ERR TLS is not served" : "454 4.7.0 TLS is not served", &effects)
            return
        }
        answer(found, otherwise: "", &effects)
        if script.exchanges[found].reply?.status.isPositive == true { beginTLS(&effects) }
    }

    /// A login: whatever the credentials are, it ends as recorded; also by another mechanism than was recorded.
    private mutating func authenticate(_ line: [UInt8], _ effects: inout [Effect]) {
        let words = line.split(separator: 0x20)
        let mechanism = words.count > 1 ? String(decoding: words[1], as: UTF8.self).uppercased() : ""
        let recorded = script.findLogin(mechanism)
        let known = ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"].contains(mechanism)
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
            answer(last, otherwise: "", &effects)
            return
        }
        effects.append(.send(next))
        input = .sasl(challenges: Array(challenges.dropFirst()), reply: last)
    }

    private mutating func pop3(_ verb: String, _ line: [UInt8], _ effects: inout [Effect]) {
        let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        if let found = script.findExactly(verb, line) {
            answer(found, otherwise: "", &effects)
            return
        }
        let number = words.count > 1 ? Int(words[1]) : nil
        switch verb {
        case "USER":
            answer(script.find(verb, line), otherwise: "+OK", &effects)
        case "PASS", "APOP":
            // Logged in by other means in the recording.
            answer(script.find(verb, line) ?? script.findAnyLogin(), otherwise: "-ERR Not in the recording", &effects)
        case "STAT":
            answer(script.find(verb, line), otherwise: "+OK \(script.statistics)", &effects)
        case "LIST" where number == nil, "UIDL" where number == nil:
            effects.append(.send(script.listing(verb)))
        case "CAPA", "QUIT":
            answer(script.find(verb, line), otherwise: verb == "QUIT" ? "+OK" : "-ERR Not in the recording", &effects)
            if verb == "QUIT", case .commands = input { close(&effects) }
        case "NOOP", "RSET": answer(nil, otherwise: "+OK", &effects)
        case "DELE":
            let isKnown = number.map { script.messages[$0] != nil || script.isListed($0) } ?? false
            answer(nil, otherwise: isKnown ? "+OK" : "-ERR No such message", &effects)
        case "RETR", "TOP":
            guard let number, let content = script.messages[number] else {
                answer(nil, otherwise: "-ERR Not in the recording", &effects)
                return
            }
            let count = words.count > 2 ? UInt32(words[2]) : nil
            let shown = verb == "RETR" ? content : RecordedScript.top(of: content, lines: count ?? 0)
            effects.append(.send([UInt8]("+OK\r\n".utf8) + Replayer.stuff(shown)))
        case "LIST", "UIDL":
            guard let number, let value = script.listed(verb, number) else {
                answer(nil, otherwise: "-ERR Not in the recording", &effects)
                return
            }
            answer(nil, otherwise: "+OK \(number) \(value)", &effects)
        default: answer(nil, otherwise: "-ERR Not in the recording", &effects)
        }
    }
}
