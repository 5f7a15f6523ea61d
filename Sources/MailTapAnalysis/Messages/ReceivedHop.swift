import MailTapCore

/// A hop of a message's way, as a Received field tells it (RFC 5321 section 4.4); every claim in it is the sender's.
struct ReceivedHop: Equatable {
    /// Who handed the message over, who took it, and by what protocol; nil where that is not said.
    private(set) var from: String?, by: String?, with: String?
    /// When it was taken; nil where that is no date.
    private(set) var date: MailDate?

    /// Octets of a field that are read.
    static let lengthLimit = 2_000

    /// - Parameter body: the field's body, unfolded.
    init(_ body: ArraySlice<UInt8>) {
        let text = body.prefix(Self.lengthLimit)
        var depth = 0
        var start = text.startIndex
        var clause: WritableKeyPath<ReceivedHop, String?>?
        // A comment, a blank, a semicolon and the end each end a word.
        for index in text.startIndex...text.endIndex {
            let octet = index < text.endIndex ? text[index] : 32
            if octet == UInt8(ascii: "(") { depth += 1 }
            let isDate = octet == UInt8(ascii: ";") && depth == 0
            guard depth > 0 || isDate || SMTPBlank.contains(octet) else { continue }
            if octet == UInt8(ascii: ")") { depth -= 1 }
            defer { start = index + 1 }
            if start < index {
                let word = text[start..<index]
                if let named = clause {
                    if self[keyPath: named] == nil { self[keyPath: named] = SMTPGrammar.text(word) }
                    clause = nil
                } else {
                    clause = Self.clause(word)
                }
            }
            if isDate {
                date = MailDate(text[(index + 1)...])
                return
            }
        }
    }

    private static func clause(_ word: ArraySlice<UInt8>) -> WritableKeyPath<ReceivedHop, String?>? {
        if SMTPGrammar.equalsIgnoringCase(word, "from") { return \.from }
        if SMTPGrammar.equalsIgnoringCase(word, "by") { return \.by }
        return SMTPGrammar.equalsIgnoringCase(word, "with") ? \.with : nil
    }

    /// The way that Received fields tell, newest first, in a phrase: hop by hop from the first on, with what passed between.
    static func phrase(_ hops: [ReceivedHop], of count: Int) -> String {
        let named = hops.filter { $0.by != nil || $0.from != nil }
        // Beyond the fields that are kept nobody knows what they say.
        let servers = named.count + max(0, count - hops.count)
        guard servers > 0 else {
            return
                "has \(ShownText.count(count, "Received field")), of which none names a server (RFC 5321 section 4.4)"
        }
        let newest = named.first?.by.map { ", the last of them \(ShownText.of($0))" } ?? ""
        var text = "passed \(ShownText.count(servers, "server"))\(newest) (RFC 5321 section 4.4)"
        var before: MailDate?
        var steps: [String] = []
        for hop in named.reversed() {
            var step = [hop.from.map { "from \(ShownText.of($0))" }, hop.by.map { "to \(ShownText.of($0))" }]
                .compactMap(\.self).joined(separator: " ")
            if let with = hop.with { step += " by \(ShownText.of(with))" }
            if let last = before, let date = hop.date { step += " " + delay(date.seconds - last.seconds) }
            before = hop.date ?? before
            steps.append(step)
        }
        let kept = steps.suffix(6)
        text += ": " + (kept.count < steps.count ? "... " : "") + kept.joined(separator: ", ")
        let mute = hops.count - named.count
        return mute == 0 ? text : text + ", and \(ShownText.count(mute, "Received field")) without a server"
    }

    private static func delay(_ seconds: Int64) -> String {
        if seconds == 0 { return "at once" }
        return seconds < 0 ? "\(-seconds) s before that, by its clock" : "after \(seconds) s"
    }
}
