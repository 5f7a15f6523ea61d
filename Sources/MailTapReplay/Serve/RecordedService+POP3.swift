import MailTapAnalysis
import MailTapCore

extension RecordedService {
    /// Answers a POP3 command line.
    mutating func pop3(_ verb: String, _ line: [UInt8], _ effects: inout [Effect]) {
        let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        let number = words.count > 1 ? Int(words[1]) : nil
        if let refusal = state.refusal(ofPOP3: verb, number) {
            answer(script.findRefusal(verb, line), otherwise: refusal, &effects)
            return
        }
        switch verb {
        case "AUTH" where words.count > 1: authenticate(line, &effects)
        case "STLS": startTLS(line, verb, &effects)
        default:
            let status = reply(verb, line, number, words, &effects)
            // AUTH alone asks which mechanisms there are.
            if verb != "AUTH" { state.answered(verb, number, isPositive: status.isPositive) }
            if verb == "QUIT", case .commands = input { close(&effects) }
        }
    }

    /// Answers what the recording has, as it has it, else from the maildrop that it shows.
    private mutating func reply(
        _ verb: String, _ line: [UInt8], _ number: Int?, _ words: [String], _ effects: inout [Effect]
    ) -> ReplyStatus {
        // What tells of the whole maildrop only fits while the same messages are marked as deleted.
        let isOfAll = ["STAT", "LIST", "UIDL"].contains(verb) && number == nil
        if let found = script.findExactly(
            verb, line, where: { index, script in !isOfAll || script.deleted(before: index) == state.deleted })
        {
            return answer(found, otherwise: "", &effects)
        }
        switch verb {
        case "USER":
            return answer(script.find(verb, line), otherwise: "+OK", &effects)
        case "PASS", "APOP":
            // Logged in by other means in the recording.
            return answer(
                script.find(verb, line) ?? script.findAnyLogin(), otherwise: "-ERR Not in the recording", &effects)
        case "STAT":
            return answer(nil, otherwise: "+OK \(script.statistics(without: state.deleted))", &effects)
        case "LIST" where number == nil, "UIDL" where number == nil:
            effects.append(.send(script.listing(verb, without: state.deleted)))
            return .ok
        case "CAPA", "QUIT":
            return answer(
                script.find(verb, line), otherwise: verb == "QUIT" ? "+OK" : "-ERR Not in the recording", &effects)
        case "NOOP", "RSET": return answer(nil, otherwise: "+OK", &effects)
        case "DELE":
            return answer(nil, otherwise: isThere(number) ? "+OK" : "-ERR No such message", &effects)
        case "RETR", "TOP":
            guard let number, let content = script.messages[number] else {
                let why = isThere(number) ? "Its content is not in the recording" : "No such message"
                return answer(nil, otherwise: "-ERR \(why)", &effects)
            }
            let count = words.count > 2 ? UInt32(words[2]) : nil
            let shown = verb == "RETR" ? content : WireContent.top(of: content, lines: count ?? 0)
            effects.append(.send([UInt8]("+OK\r\n".utf8) + WireContent.stuffed(shown)))
            return .ok
        case "LIST", "UIDL":
            guard let number, isThere(number) else {
                return answer(nil, otherwise: "-ERR No such message", &effects)
            }
            return answer(nil, otherwise: "+OK \(number) \(script.value(verb, number))", &effects)
        default: return answer(nil, otherwise: "-ERR Not in the recording", &effects)
        }
    }

    private func isThere(_ number: Int?) -> Bool {
        number.map { script.messages[$0] != nil || script.isListed($0) } ?? false
    }
}
