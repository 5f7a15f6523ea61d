/// Finds the credentials among the client's lines that wait for an answer, whatever the answer will make of them.
///
/// Where a reply is missing or one too many came, what answers a login may be decoded before the login itself, and may
/// repeat it.
struct WaitingLogins: Sendable {
    /// Up to here the client's lines were looked at.
    private var end: UInt64 = 0
    private var sasl: SASLProgress?

    /// Looks at the lines that it did not see yet.
    ///
    /// - Parameters:
    ///   - bytes: what waits; `base` is its first octet's offset in the client's stream.
    ///   - sasl: the authentication to which the first line may be a response; nil where none can be.
    mutating func look(
        at bytes: RawSpan, from base: UInt64, _ sasl: SASLProgress?, into spoken: inout SpokenSecrets
    ) {
        if end <= base { self.sasl = sasl }
        var start = end > base ? Int(min(end &- base, UInt64(bytes.byteCount))) : 0
        while let newline = bytes.firstIndex(of: 10, from: start) {
            let text = newline > start && bytes[octet: newline - 1] == 13 ? newline - 1 : newline
            look(at: bytes.extracting(start..<text), into: &spoken)
            start = newline + 1
        }
        end = base &+ UInt64(start)
    }

    private mutating func look(at line: RawSpan, into spoken: inout SpokenSecrets) {
        let count = line.byteCount
        let verb = line.word(from: 0, to: count)
        if verb.count == 4, line.hasPrefix("PASS", from: verb.lowerBound) {
            if verb.upperBound < count { spoken.note(line.extracting(verb.upperBound + 1..<count), .password) }
        } else if verb.count == 4, line.hasPrefix("AUTH", from: verb.lowerBound) {
            let name = line.word(from: verb.upperBound, to: count)
            var progress = SASLProgress(mechanism: line.extracting(name))
            let initial = line.word(from: name.upperBound, to: count)
            if !initial.isEmpty, let kind = progress.response(line.extracting(initial)) {
                spoken.note(line.extracting(initial), kind)
            }
            sasl = progress
        } else {
            let (code, letters) = line.verbCode(from: 0, to: count)
            let isAlone = letters == count || line[octet: letters] == 32
            if isAlone, SMTPVerb(code: code) != .unknown || POP3Verb(code: code) != .unknown {
                sasl = nil
            } else if let kind = sasl?.response(line) {
                spoken.note(line, kind)
            }
        }
    }
}
