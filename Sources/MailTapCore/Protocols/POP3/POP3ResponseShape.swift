/// What a response's form tells of the command that it answers, where octets were lost (RFC 1939 sections 5 and 7).
///
/// Where nothing was lost the commands' order alone decides, and a server may say what it likes.
struct POP3ResponseShape: Sendable {
    /// What stands behind the status.
    enum Words: Sendable, Equatable {
        case others
        /// A number and a word, as the id of one message is said.
        case numberAndWord(first: UInt32)
        /// Two numbers: a drop listing, or the size of one message.
        case numbers(first: UInt32)
    }

    /// What the next line is.
    enum Behind: Sendable, Equatable {
        /// It is not known.
        case unknown
        /// Another response, so that this one has no body.
        case status
        /// The dot line.
        case end
        /// As in the listing of sizes.
        case sizes
        /// As in the listing of ids.
        case ids
        /// As in a message's header.
        case field
        case others
    }

    var status: ReplyStatus
    var words: Words
    var behind: Behind

    /// The shape of a response's line.
    init(_ line: RawSpan, _ text: Int, _ status: ReplyStatus, behind: Behind) {
        self.status = status
        self.behind = behind
        words = status == .ok ? line.wordsOfResponse(from: 3, to: text) : .others
    }

    /// Whether it can be the response to that command.
    func canAnswer(_ waiting: PendingReply) -> Bool {
        // A challenge goes on with what is seen.
        if waiting.kind == .lost { return status != .plus }
        if status == .err { return true }
        let verb = POP3Verb(rawValue: waiting.verb) ?? .unknown
        guard status == .ok else { return verb == .auth }
        switch waiting.body {
        case .retr, .top: return mayBeginMessage
        case .listing: return mayBeginListing(of: verb)
        case .none:
            guard behind == .unknown || behind == .status else { return false }
            switch (verb, words) {
            case (.stat, .numbers): return true
            case (.list, .numbers(let number)): return number == waiting.number
            case (.uidl, .numbers(let number)), (.uidl, .numberAndWord(let number)): return number == waiting.number
            case (.stat, _), (.list, _), (.uidl, _), (_, .numbers): return false
            default: return true
            }
        }
    }

    private var mayBeginMessage: Bool {
        switch behind {
        case .field, .others, .end: true
        case .unknown: !hasNumbers
        case .status, .sizes, .ids: false
        }
    }

    private func mayBeginListing(of verb: POP3Verb) -> Bool {
        switch behind {
        case .unknown: !hasNumbers
        case .status, .field: false
        case .end: true
        case .sizes: verb == .list || verb == .uidl
        case .ids: verb == .uidl
        case .others: verb != .list && verb != .uidl
        }
    }

    private var hasNumbers: Bool { if case .numbers = words { true } else { false } }
}

extension RawSpan {
    /// What stands behind the status of a line, its `text` octets.
    fileprivate func wordsOfResponse(from start: Int, to text: Int) -> POP3ResponseShape.Words {
        let first = word(from: start, to: text)
        guard let number = decimal(in: first), let number = UInt32(exactly: number) else { return .others }
        let second = word(from: first.upperBound, to: text)
        if decimal(in: second) != nil { return .numbers(first: number) }
        let isAll = !second.isEmpty && word(from: second.upperBound, to: text).isEmpty
        return isAll ? .numberAndWord(first: number) : .others
    }

    /// What the line at `start` is to the response before it; nil before it is whole.
    func behindResponse(from start: Int) -> POP3ResponseShape.Behind? {
        let text: Int
        switch LineScan.next(in: self, from: start, limit: 512) {
        case .incomplete: return nil
        case .tooLong: return .others
        case .line(_, let inner, _): text = inner
        }
        let line = extracting(start..<start + text)
        if text == 1, line[octet: 0] == UInt8(ascii: ".") { return .end }
        let status = POP3Decoder.status(line, text)
        if status == .ok || status == .err { return .status }
        let first = line.word(from: 0, to: text)
        if first.lowerBound == 0, line.decimal(in: first) != nil {
            let second = line.word(from: first.upperBound, to: text)
            if !second.isEmpty, line.word(from: second.upperBound, to: text).isEmpty {
                return line.decimal(in: second) == nil ? .ids : .sizes
            }
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? text
        let isName = colon > 0 && colon < text && (0..<colon).allSatisfy { (33...126).contains(line[octet: $0]) }
        return isName ? .field : .others
    }
}
