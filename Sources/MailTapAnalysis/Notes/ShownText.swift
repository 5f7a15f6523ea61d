import MailTapCore

/// Text of a peer made fit for a sentence: no control characters, no more than a line's worth.
enum ShownText {
    /// Characters of a value that a sentence quotes.
    static let limit = 120

    static func of(_ text: some StringProtocol) -> String {
        // Nearly always there is nothing to change.
        let isPlain = text.utf8.withContiguousStorageIfAvailable { octets in
            octets.count <= limit && octets.allSatisfy { $0 >= 32 && $0 < 127 }
        }
        if isPlain == true { return String(text) }
        var out = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else { return out + "..." }
            count += 1
            let isControl = scalar.value < 32 || (127...159).contains(scalar.value)
            // Marks that turn the direction of writing could make a line read as another one.
            let turns = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
            out.unicodeScalars.append(isControl || turns ? "\u{FFFD}" : scalar)
        }
        return out
    }

    /// What a command is called in a sentence; an unknown one is not quoted, as it may be a credential.
    static func name(of command: Command) -> String {
        switch command.keyword {
        case .content: "the content"
        case .response: "a login's response"
        default:
            command.verb.isEmpty
                ? "a line that is no command" : command.isKnown ? of(command.verb) : "an unknown command"
        }
    }

    /// As `name(of:)`, to begin a sentence with.
    static func subject(of command: Command) -> String {
        let name = name(of: command)
        return name.prefix(1).uppercased() + name.dropFirst()
    }

    static func of(_ octets: ArraySlice<UInt8>) -> String { of(SMTPGrammar.text(octets)) }

    /// `1 octet`, `2 octets`; nouns with a plural of their own are given both.
    static func count(_ number: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
        let isOne = number == 1
        var text = UInt64(exactly: number).map { String($0) } ?? "\(number)"
        text += " "
        text += isOne ? noun : plural ?? noun
        if !isOne, plural == nil { text += "s" }
        return text
    }
}

extension String {
    /// The keyword at the front, in capitals.
    var keyword: String { String(Substring(utf8.prefix { $0 != 32 && $0 != 9 })).uppercased() }

    /// The first word between blanks; nil where there is none.
    var firstWord: Substring? {
        let rest = utf8.drop { $0 == 32 || $0 == 9 }
        return rest.isEmpty ? nil : Substring(rest.prefix { $0 != 32 && $0 != 9 })
    }

    /// The words between blanks.
    var words: [String] { utf8.split { $0 == 32 || $0 == 9 }.map { String(Substring($0)) } }
}
