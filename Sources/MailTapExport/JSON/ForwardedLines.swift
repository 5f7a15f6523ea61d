import MailTapAnalysis
import MailTapCore

/// What went on in place of a command or a reply, taken apart the way the received one is.
struct ForwardedLines {
    /// The first word in capitals; `*auth` and `*data` are kept from the command that was replaced.
    var verb: String
    /// The code or indicator of the first line.
    var status: String
    /// RFC 3463's code, nil where there is none.
    var enhanced: String?
    /// The lines whole, without line ends.
    var lines: [WireText]
    /// The lines without code and separator.
    var texts: [WireText]

    /// Takes apart `octets`, which went on in place of `command` (nil: of a reply).
    init(_ octets: [UInt8], inPlaceOf command: Command?) {
        var lines: [[UInt8]] = octets.split(separator: 10, omittingEmptySubsequences: false).map { line in
            line.last == 13 ? Array(line.dropLast()) : Array(line)
        }
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        let first = lines.first ?? []
        let word = first.prefix { $0 != 32 && $0 != 9 }
        verb = WireText.decode(Array(word)).text.uppercased()
        if let command, command.verb.hasPrefix("*") { verb = command.verb }
        let code = Self.code(of: first)
        status = String(decoding: first.prefix(code), as: UTF8.self)
        texts = lines.map { line in
            let length = Self.code(of: line)
            return WireText(Array(line.dropFirst(length == 0 ? 0 : min(line.count, length + 1))))
        }
        enhanced = texts.first.flatMap { Self.enhanced($0.octets) }
        self.lines = lines.map { WireText($0) }
        guard let command, Self.mayHoldCredentials(verb: verb, command: command) else { return }
        // Which octets of the replacement are a credential is not known: everything behind the verb counts as one.
        for index in self.lines.indices {
            let length = self.lines[index].octets.count
            let start = verb.hasPrefix("*") || index > 0 ? 0 : min(length, word.count + 1)
            guard start < length else { continue }
            let kind = command.line.secrets.first?.kind ?? .opaque
            self.lines[index].secrets = [WireText.Secret(range: start..<length, kind: kind)]
        }
    }

    private static func mayHoldCredentials(verb: String, command: Command) -> Bool {
        !command.line.secrets.isEmpty || verb == "*auth" || verb == "AUTH" || verb == "PASS" || verb == "APOP"
    }

    /// Length of the reply code or status indicator that a line begins with; 0 for none.
    static func code(of line: [UInt8]) -> Int {
        if line.count >= 3, line[..<3].allSatisfy({ $0 >= 48 && $0 <= 57 }) { return 3 }
        for indicator in ["+OK", "-ERR", "+"] where line.starts(with: indicator.utf8) { return indicator.utf8.count }
        return 0
    }

    /// The enhanced status code (RFC 3463 section 2) that a text begins with.
    static func enhanced(_ text: [UInt8]) -> String? {
        let word = text.prefix { $0 != 32 }
        let numbers = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers[0].count == 1, let kind = numbers[0].first, [50, 52, 53].contains(kind),
            numbers.dropFirst().allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy { $0 >= 48 && $0 <= 57 } })
        else { return nil }
        return String(decoding: word, as: UTF8.self)
    }
}
