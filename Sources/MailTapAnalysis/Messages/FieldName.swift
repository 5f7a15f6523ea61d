import MailTapCore

/// The header fields that are looked at, told apart by a number rather than by text.
enum FieldName: UInt8, CaseIterable {
    case date, from, sender, replyTo, to, cc, bcc, messageID, inReplyTo, references, subject
    case received, autoSubmitted, contentType, contentTransferEncoding, contentDisposition
    case dkimSignature, arcSeal, arcMessageSignature, arcAuthenticationResults, authenticationResults, receivedSPF
    case reportingMTA, reportingUA, disposition, feedbackType, finalRecipient, originalRecipient, action, status
    case diagnosticCode, deliveredTo
    /// Any name that begins with `list-` (RFC 2369, 2919, 8058).
    case list
    case other

    /// In lower case; empty for those that stand for many names.
    var text: StaticString {
        switch self {
        case .date: "date"
        case .from: "from"
        case .sender: "sender"
        case .replyTo: "reply-to"
        case .to: "to"
        case .cc: "cc"
        case .bcc: "bcc"
        case .messageID: "message-id"
        case .inReplyTo: "in-reply-to"
        case .references: "references"
        case .subject: "subject"
        case .received: "received"
        case .autoSubmitted: "auto-submitted"
        case .contentType: "content-type"
        case .contentTransferEncoding: "content-transfer-encoding"
        case .contentDisposition: "content-disposition"
        case .dkimSignature: "dkim-signature"
        case .arcSeal: "arc-seal"
        case .arcMessageSignature: "arc-message-signature"
        case .arcAuthenticationResults: "arc-authentication-results"
        case .authenticationResults: "authentication-results"
        case .receivedSPF: "received-spf"
        case .reportingMTA: "reporting-mta"
        case .reportingUA: "reporting-ua"
        case .disposition: "disposition"
        case .feedbackType: "feedback-type"
        case .finalRecipient: "final-recipient"
        case .originalRecipient: "original-recipient"
        case .action: "action"
        case .status: "status"
        case .diagnosticCode: "diagnostic-code"
        case .deliveredTo: "delivered-to"
        case .list, .other: ""
        }
    }

    /// A bit of its own in a set of names.
    var bit: UInt64 { 1 << UInt64(rawValue) }

    /// Those that may stand once (RFC 5322 section 3.6), in the RFC's order.
    static let single: [FieldName] = [
        .date, .from, .sender, .replyTo, .to, .cc, .bcc, .messageID, .inReplyTo, .references, .subject,
    ]

    /// The name that the octets are, in whatever case.
    init(_ name: RawSpan) {
        let length = name.byteCount
        let word = Self.word(name)
        if length < Self.byLength.count {
            for candidate in Self.byLength[length]
            where candidate.word == word && Self.agree(name, candidate.name.text) {
                self = candidate.name
                return
            }
        }
        let list = UInt64(littleEndianWord: "list-")
        self = length >= 5 && word & 0xFF_FFFF_FFFF == list ? .list : .other
    }

    private struct Candidate {
        /// Its first eight octets.
        var word: UInt64
        var name: FieldName
    }

    private static let byLength: [[Candidate]] = {
        let names = allCases.filter { $0.text.utf8CodeUnitCount > 0 }
        let longest = names.map { $0.text.utf8CodeUnitCount }.max() ?? 0
        var table = [[Candidate]](repeating: [], count: longest + 1)
        for name in names {
            let word = UInt64(littleEndianWord: name.text)
            table[name.text.utf8CodeUnitCount].append(Candidate(word: word, name: name))
        }
        return table
    }()

    /// The first eight octets in lower case, the first of them lowest.
    private static func word(_ name: RawSpan) -> UInt64 {
        var word: UInt64 = 0
        for offset in 0..<min(8, name.byteCount) {
            word |= UInt64(ASCII.lowercase(name[octet: offset])) << UInt64(offset * 8)
        }
        return word
    }

    /// Whether what stands behind the first eight octets is the same; the lengths are.
    private static func agree(_ name: RawSpan, _ text: StaticString) -> Bool {
        guard name.byteCount > 8 else { return true }
        return text.withUTF8Buffer { expected in
            (8..<name.byteCount).allSatisfy { ASCII.lowercase(name[octet: $0]) == expected[$0] }
        }
    }
}

extension UInt64 {
    /// The first eight octets of a text, the first of them lowest.
    fileprivate init(littleEndianWord text: StaticString) {
        self = text.withUTF8Buffer { octets in
            octets.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64($1.offset * 8) }
        }
    }
}
