import MailTapAnalysis
import MailTapCore

extension RecordedSession {
    /// The session as if it had been recorded with other hosts, addresses or tokens: commands, replies and mails.
    ///
    /// Sizes that are declared follow the mails. Credentials stay as they are.
    ///
    /// - Parameters:
    ///   - rules: applied one after another.
    ///   - number: what `{n}` in a rule stands for.
    func rewritten(by rules: [RewriteRule], number: Int) -> RecordedSession {
        guard !rules.isEmpty else { return self }
        func apply(_ octets: [UInt8]) -> [UInt8] { rules.reduce(octets) { $1.apply(to: $0, number: number) } }
        func text(_ text: String) -> String { String(decoding: apply([UInt8](text.utf8)), as: UTF8.self) }
        func lines(_ lines: inout some MutableCollection<WireText>) {
            for index in lines.indices where lines[index].secrets.isEmpty && lines[index].patterns.isEmpty {
                lines[index].octets = apply(lines[index].octets)
            }
        }
        var new = self
        for index in new.session.exchanges.indices {
            if let command = new.session.exchanges[index].command, !Self.isLogin(command) {
                new.session.exchanges[index].command?.line.octets = apply(command.line.octets)
            }
            if var reply = new.session.exchanges[index].reply {
                lines(&reply.lines)
                new.session.exchanges[index].reply = reply
            }
            for further in new.session.exchanges[index].furtherReplies.indices {
                lines(&new.session.exchanges[index].furtherReplies[further].lines)
            }
            if var data = new.session.exchanges[index].data {
                lines(&data)
                new.session.exchanges[index].data = data
            }
        }
        for index in new.session.messages.indices {
            new.session.messages[index].from = new.session.messages[index].from.map(text)
            new.session.messages[index].to = new.session.messages[index].to.map(text)
            new.session.messages[index].rejected = new.session.messages[index].rejected.map(text)
            guard let old = content(of: index) else { continue }
            let octets = apply(old)
            guard octets != old else { continue }
            new.contents[index] = octets
            new.session.messages[index].bytes = UInt64(octets.count)
            new.session.messages[index].digest = ContentDigest(of: octets)
            new.resize(index, from: old)
        }
        return new
    }

    /// A line with a credential in it, or one that answers a challenge.
    private static func isLogin(_ command: Command) -> Bool {
        ["AUTH", "*auth", "PASS", "USER", "APOP"].contains(command.verb) || !command.line.secrets.isEmpty
    }

    /// Corrects what was declared of a mail's size: SIZE of MAIL (RFC 1870), and each chunk of BDAT (RFC 3030).
    private mutating func resize(_ message: Int, from old: [UInt8]) {
        let last = session.messages[message].exchange
        let growth = contents[message].count - old.count
        if let mail = session.exchanges.prefix(last + 1).lastIndex(where: { $0.command?.verb == "MAIL" }) {
            changeNumber(of: mail) { word in
                guard word.uppercased().hasPrefix("SIZE="), let size = Int(word.dropFirst(5)) else { return nil }
                return "\(word.prefix(5))\(max(0, size + growth))"
            }
        }
        let chunks = session.exchanges.indices.filter {
            session.exchanges[$0].command?.verb == "BDAT" && session.exchanges[$0].message == message
        }
        // The chunks before the last keep their size; the last has what is left.
        var left = contents[message].count
        for (position, index) in chunks.enumerated() {
            changeNumber(of: index) { word in
                guard let size = Int(word) else { return nil }
                let new = position == chunks.count - 1 ? left : min(left, size)
                left -= new
                return String(new)
            }
        }
    }

    /// Replaces the words of a command for which there is a new one.
    private mutating func changeNumber(of exchange: Int, _ new: (String) -> String?) {
        guard let line = session.exchanges[exchange].command?.line.octets else { return }
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false).map { word in
            new(String(decoding: word, as: UTF8.self)).map { [UInt8]($0.utf8) } ?? [UInt8](word)
        }
        session.exchanges[exchange].command?.line.octets = [UInt8](words.joined(separator: [0x20]))
    }
}
