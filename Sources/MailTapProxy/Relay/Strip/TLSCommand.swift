import MailTapCore

/// Recognises the words that ask for TLS or offer it: STARTTLS (RFC 3207) and STLS (RFC 2595).
enum TLSCommand {
    /// How far some octets at the beginning of a line are such a command.
    enum Match: Sendable, Equatable {
        /// They are not, whatever follows.
        case no
        /// They may become one.
        case partial
        /// They are one, line end included.
        case whole
    }

    /// Longest line that is held back to see what becomes of it (RFC 5321 section 4.5.3.1.4).
    private static let longest = 512

    /// Judges a line by its beginning; blanks before the word count for nothing, since some servers skip them.
    static func match(_ line: some Collection<UInt8>, proto: MailProtocol?) -> Match {
        let words: [StaticString] =
            switch proto {
            case .smtp: ["STARTTLS"]
            case .pop3: ["STLS"]
            case .imap: []
            case nil: ["STARTTLS", "STLS"]
            }
        var best = Match.no
        for word in words {
            switch match(line, word) {
            case .whole: return .whole
            case .partial: best = .partial
            case .no: break
            }
        }
        return best
    }

    private static func match(_ line: some Collection<UInt8>, _ word: StaticString) -> Match {
        var letters = 0
        let count = word.utf8CodeUnitCount
        for (offset, octet) in line.enumerated() {
            guard offset < longest else { return .no }
            if letters == 0, octet == 32 || octet == 9 { continue }
            if letters < count {
                let isLetter = word.withUTF8Buffer { $0[letters] == octet & 0xDF }
                guard isLetter else { return .no }
                letters += 1
                continue
            }
            if letters == count {
                guard octet == 32 || octet == 9 || octet == 13 || octet == 10 else { return .no }
                letters += 1
            }
            if octet == 10 { return .whole }
        }
        return .partial
    }

    /// Whether a capability line (behind the reply code, or of a listing) offers TLS: its first word says so.
    static func isOffer(_ line: some Sequence<UInt8>, _ word: StaticString) -> Bool {
        var letters = 0
        let count = word.utf8CodeUnitCount
        for octet in line {
            if letters == count { return octet == 32 || octet == 9 || octet == 13 || octet == 10 }
            guard word.withUTF8Buffer({ $0[letters] == octet & 0xDF }) else { return false }
            letters += 1
        }
        return letters == count
    }
}
