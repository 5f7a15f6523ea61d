import MailTapCore

extension Pseudonyms {
    /// An SMTP command line without its line end.
    mutating func smtpCommand(_ line: [UInt8], _ verb: SMTPVerb) -> [UInt8] {
        let (keyword, rest) = CommandParts.split(line)
        switch verb {
        case .unknown: return words(line)
        case .helo, .ehlo, .lhlo, .etrn, .atrn: return keyword + name(rest, .host)
        case .mail, .rcpt, .send, .soml, .saml: return keyword + pathArgument(rest)
        case .vrfy, .expn: return keyword + mailbox(rest)
        case .auth: return keyword + authArgument(rest)
        case .xclient, .xforward: return keyword + parameters(rest)
        case .burl: return keyword + words(rest) { word, _ in word.elementsEqual("LAST".utf8) }
        case .bdat:
            return keyword
                + words(rest) { word, _ in
                    word.allSatisfy(WordClass.isDigit) || SMTPGrammar.equalsIgnoringCase(word, "LAST")
                }
        case .help: return keyword + prose(rest)
        case .data, .rset, .noop, .quit, .starttls, .turn: return keyword + words(rest)
        }
    }

    /// A POP3 command line without its line end.
    mutating func pop3Command(_ line: [UInt8], _ verb: POP3Verb) -> [UInt8] {
        let (keyword, rest) = CommandParts.split(line)
        switch verb {
        case .unknown: return words(line)
        case .user: return keyword + name(rest, .user)
        case .apop:
            let user = rest.prefix { $0 != 32 }
            return keyword + name(user, .user) + words(rest[user.endIndex...])
        case .auth: return keyword + authArgument(rest)
        case .list, .uidl, .retr, .top, .dele, .last:
            return keyword + words(rest) { word, _ in word.allSatisfy(WordClass.isDigit) }
        case .pass, .stls, .capa, .stat, .rset, .noop, .quit, .utf8, .lang, .xtnd: return keyword + words(rest)
        }
    }

    /// `MECHANISM [initial-response]`.
    private mutating func authArgument(_ rest: [UInt8]) -> [UInt8] {
        let mechanism = rest.prefix { $0 != 32 }
        // A mechanism's name is in capitals (RFC 4422 section 3.1); anything else may be a slip that names somebody.
        let isName =
            mechanism.count <= 20
            && mechanism.allSatisfy { WordClass.isAlphanumeric($0) || $0 == 45 || $0 == 95 }
            && Vocabulary.mechanisms.contains(mechanism.map(WordClass.lowercased))
        let blanks = rest[mechanism.endIndex...].prefix { $0 == 32 }
        return (isName ? Array(mechanism) : words(mechanism)) + blanks + saslToken(rest[blanks.endIndex...])
    }

    /// `FROM:<path> KEY=value …` of MAIL and RCPT (RFC 5321 section 4.1.2).
    private mutating func pathArgument(_ rest: [UInt8]) -> [UInt8] {
        let colon = rest.firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? 0
        let head = rest[..<colon]
        let isKeyword =
            SMTPGrammar.equalsIgnoringCase(head, "FROM:") || SMTPGrammar.equalsIgnoringCase(head, "TO:")
        let start = isKeyword ? colon : 0
        var out = Array(rest[..<start])
        var tail = rest[start...]
        let blanks = tail.prefix { $0 == 32 }
        out += blanks
        tail = tail[blanks.endIndex...]
        let end = CommandParts.pathEnd(tail)
        let path = tail[..<end]
        let isBracketed = path.first == UInt8(ascii: "<") && path.last == UInt8(ascii: ">") && path.count >= 2
        if isBracketed {
            out += [UInt8(ascii: "<")] + mailbox(path.dropFirst().dropLast()) + [UInt8(ascii: ">")]
        } else {
            out += mailbox(path)
        }
        return out + parameters(Array(tail[end...]))
    }

    /// `KEY=value` pairs between blanks: keys stay, and the values that tell nothing of anybody.
    private mutating func parameters(_ rest: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for token in rest.splitKeepingBlanks() {
            guard let equals = token.firstIndex(of: UInt8(ascii: "=")) else {
                out += words(token) { word, text in
                    word.count == text.count && Vocabulary.parameters.contains(word.map(WordClass.lowercased))
                }
                continue
            }
            let key = token[..<equals].map(WordClass.lowercased)
            let value = token[(equals + 1)...]
            out += Vocabulary.parameters.contains(key) ? Array(token[...equals]) : words(token[...equals])
            if Vocabulary.plainParameters.contains(key) {
                out += words(value) { word, _ in
                    word.allSatisfy(WordClass.isDigit)
                        || Vocabulary.parameterValues.contains(word.map(WordClass.lowercased))
                }
            } else if value.first == UInt8(ascii: "[") {
                // XCLIENT's [UNAVAILABLE] and [TEMPUNAVAIL].
                out += words(value) { word, _ in
                    SMTPGrammar.equalsIgnoringCase(word, "UNAVAILABLE")
                        || SMTPGrammar.equalsIgnoringCase(word, "TEMPUNAVAIL")
                }
            } else {
                out += xtext(value)
            }
        }
        return out
    }

    /// A value in which `+XX` stands for an octet (RFC 3461 section 4); an address type in front of it stays.
    private mutating func xtext(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var form = TransferForm.hexadecimal(Array(value), mark: UInt8(ascii: "+"))
        let plain = form.decoded
        let typeEnd = plain.firstIndex(of: UInt8(ascii: ";")).map { $0 + 1 } ?? 0
        let type = plain[..<typeEnd]
        let isKnown =
            SMTPGrammar.equalsIgnoringCase(type, "rfc822;") || SMTPGrammar.equalsIgnoringCase(type, "utf-8;")
        let kept = isKnown ? typeEnd : 0
        let rest = plain[kept...]
        form.decoded = plain[..<kept] + (rest.contains(UInt8(ascii: "@")) ? mailbox(rest) : words(rest))
        return form.encoded
    }
}

/// Where the parts of a command line stand.
private enum CommandParts {
    /// The verb with the blanks behind it, and the rest.
    static func split(_ line: [UInt8]) -> (keyword: [UInt8], rest: [UInt8]) {
        let blanks = line.prefix { $0 == 32 || $0 == 9 }
        let word = line[blanks.endIndex...].prefix { $0 != 32 && $0 != 9 }
        let behind = line[word.endIndex...].prefix { $0 == 32 || $0 == 9 }
        return (Array(line[..<behind.endIndex]), Array(line[behind.endIndex...]))
    }

    /// The end of a path: behind its bracket, or the next blank; quoted strings are stepped over.
    static func pathEnd(_ rest: ArraySlice<UInt8>) -> Int {
        var isQuoted = false
        var index = rest.startIndex
        let isBracketed = rest.first == UInt8(ascii: "<")
        while index < rest.endIndex {
            let octet = rest[index]
            if octet == UInt8(ascii: "\\"), isQuoted {
                index += 1
            } else if octet == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted, isBracketed, octet == UInt8(ascii: ">") {
                return index + 1
            } else if !isQuoted, octet == 32 {
                return index
            }
            index += 1
        }
        return rest.endIndex
    }
}
