import MailTapCore

/// The words behind the keyword of a POP3 command, the first two of them as numbers.
struct POP3Arguments {
    /// How many words stand there.
    private(set) var count = 0
    /// The first two as numbers; nil where a word is missing, or not of digits alone.
    private(set) var first: Int?, second: Int?

    /// - Parameter line: the command line without its line end.
    init(_ line: RawSpan) {
        var word = line.nextWord(from: line.nextWord(from: 0).upperBound)
        while !word.isEmpty {
            if count == 0 {
                first = line.number(at: word).map { Int($0) }
            } else if count == 1 {
                second = line.number(at: word).map { Int($0) }
            }
            count += 1
            word = line.nextWord(from: word.upperBound)
        }
    }
}

extension POP3Arguments {
    /// Adds what is wrong with their number and form (RFC 1939 sections 5 and 7, RFC 2449, RFC 2595, RFC 6856).
    func check(_ place: DialoguePlace, _ found: inout FindingList) {
        let wanted: ClosedRange<Int>
        let what: StaticString
        switch place.facts.verb {
        case .stat, .noop, .rset, .quit, .stls, .capa, .utf8, .last: (wanted, what) = (0...0, "no argument")
        case .list, .uidl: (wanted, what) = (0...1, "one message number or nothing")
        case .lang: (wanted, what) = (0...1, "one language or nothing")
        case .retr, .dele: (wanted, what) = (1...1, "one message number")
        case .top: (wanted, what) = (2...2, "a message number and a count of lines")
        case .apop: (wanted, what) = (2...2, "a name and a digest")
        case .user: (wanted, what) = (1...Int.max, "a name")
        case .pass: return password(place, &found)
        default: return
        }
        guard wanted.contains(count) else {
            let words = "\(ShownText.count(count, "word")) \(count == 1 ? "stands" : "stand")"
            let there = count == 0 ? "none stands there" : "\(words) there"
            add("takes \(what), and \(there)", place, &found)
            return
        }
        switch place.facts.verb {
        case .list, .uidl, .retr, .dele, .top:
            guard count > 0 else { return }
            guard let first, count == 1 || second != nil else {
                add("takes \(what), and something else than digits stands there", place, &found)
                return
            }
            message(first, place, &found)
        case .apop: digest(place, &found)
        default: return
        }
    }

    private func add(_ what: String, _ place: DialoguePlace, _ found: inout FindingList) {
        let keyword = place.exchange.command?.verb ?? ""
        found.add("pop3.bad-argument", exchange: place.index, "\(keyword) \(what)")
    }

    /// The password is all that stands behind one space, blanks too.
    private func password(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.commandLength <= "PASS ".utf8.count else { return }
        add("takes a password, and none stands there", place, &found)
    }

    /// RFC 1939 section 7: 16 octets in hexadecimal, in small letters.
    private func digest(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let line = place.exchange.command?.line else { return }
        // A mask keeps lengths alone.
        let isMasked = line.isMasked
        let isOne = line.withBytes { octets in
            let name = octets.nextWord(from: octets.nextWord(from: 0).upperBound)
            let digest = octets.nextWord(from: name.upperBound)
            guard digest.count == 32 else { return false }
            return isMasked
                || digest.allSatisfy { (48...57).contains(octets[octet: $0]) || (97...102).contains(octets[octet: $0]) }
        }
        if !isOne {
            add("takes a digest of 32 hexadecimal digits in small letters, and another form came", place, &found)
        }
    }

    /// RFC 1939 section 5: message numbers go from 1 to STAT's, and those marked as deleted are out of reach.
    private func message(_ number: Int, _ place: DialoguePlace, _ found: inout FindingList) {
        guard place.facts.isServers else { return }
        let status = place.facts.status
        var verb: String { place.exchange.command?.verb ?? "" }
        if !place.state.deleted.isEmpty, place.state.deleted.contains(number) {
            found.add(
                "pop3.deleted-message", exchange: place.index,
                "\(verb) names message \(number), which is marked as deleted"
                    + (status == .ok ? ", and the server answered it" : ""),
                side: .some(status == .ok ? .server : .client))
            return
        }
        let known = place.state.maildrop
        guard number < 1 || known.map({ number > $0 }) == true, !place.isPatchy else { return }
        let range = known.map { "the maildrop holds \($0)" } ?? "numbers begin at 1"
        found.add(
            "pop3.no-such-message", exchange: place.index, "\(verb) names message \(number), and \(range)",
            severity: status == .ok ? .warning : nil, side: .some(status == .ok ? .server : .client))
    }
}
