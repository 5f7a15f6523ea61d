/// What stands behind AUTH in a command: a mechanism's name, and perhaps a response (RFC 4954 section 4, RFC 5034
/// section 4).
struct AUTHArguments {
    /// Where the authentication stands behind the command.
    private(set) var progress: SASLProgress
    /// What of the line is a credential, or may be one; up to its end, as a malformed line must leave no half in clear.
    private(set) var secret: (kind: SecretKind, range: Range<Int>)?

    /// Reads the `text` octets of `line` from `start` on.
    init(in line: RawSpan, from start: Int, to text: Int) {
        let name = line.word(from: start, to: text)
        progress = SASLProgress(mechanism: line.extracting(name))
        guard line.extracting(name).namesMechanism else {
            // The mechanism was left out, and this is the response.
            secret = (.opaque, name.lowerBound..<text)
            return
        }
        let initial = line.word(from: name.upperBound, to: text)
        guard !initial.isEmpty else { return }
        if let kind = progress.response(line.extracting(initial)) {
            let isWhole = initial.upperBound == text
            secret = (isWhole ? kind : .opaque, initial.lowerBound..<text)
            return
        }
        // A second response has no place here; a client that sends one sends a credential.
        let more = line.word(from: initial.upperBound, to: text)
        if !more.isEmpty { secret = (.opaque, more.lowerBound..<text) }
    }
}
