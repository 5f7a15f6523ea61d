import MailTapCore

/// POP3: what STAT, LIST, UIDL, RETR and TOP say of messages, and whether it agrees.
struct ListingRules {
    private struct Size {
        var octets: UInt64
        /// The exchange that told it.
        var exchange: Int
    }

    private struct UniqueID {
        var line: WireText
        /// Where it stands in the line.
        var place: Range<Int>
        var exchange: Int

        func isSame(as other: UniqueID) -> Bool {
            line.withBytes { mine in
                other.line.withBytes { mine.extracting(place).isSame(as: $0.extracting(other.place)) }
            }
        }

        var shown: String { line.withBytes { ShownText.of(SMTPGrammar.text(of: $0.extracting(place))) } }

        /// Seeded, so that no server can choose ids that fall together.
        var hash: Int {
            var hasher = Hasher()
            line.withBytes { $0.extracting(place).withUnsafeBytes { hasher.combine(bytes: $0) } }
            return hasher.finalize()
        }
    }

    /// As LIST and UIDL gave them.
    private var sizes = ByMessageNumber<Size>()
    private var ids = ByMessageNumber<UniqueID>()
    /// What STAT said, while nothing was deleted since.
    private var total: (count: Int, octets: UInt64)?
    /// How many messages STAT counted first, those marked as deleted by then with them.
    private var counted: Int?

    /// What the server answered positively.
    mutating func apply(_ arguments: POP3Arguments, _ place: DialoguePlace, _ found: inout FindingList) {
        // Half of a line, or another command's response, tells nothing of the server.
        guard !place.hasGaps else { return }
        switch place.facts.verb {
        case .stat: stat(place, &found)
        case .dele, .rset: total = nil
        case .list: list(arguments, place, &found)
        case .uidl: uniqueIDs(arguments, place, &found)
        case .retr: retrieved(arguments.first, place, &found)
        case .top: top(arguments.second, place, &found)
        default: break
        }
    }

    private mutating func stat(_ place: DialoguePlace, _ found: inout FindingList) {
        total = nil
        guard let line = place.exchange.reply?.lines.first, !line.varies else { return }
        guard let (count, octets) = line.withBytes({ $0.twoNumbers }) else {
            found.add("pop3.bad-listing", exchange: place.index, "The answer to STAT is not a number and a size")
            return
        }
        let deleted = place.state.deleted.count
        if deleted == 0 { total = (count, octets) }
        guard !place.isPatchy else { return }
        // The maildrop is locked, and what is marked as deleted does not count (RFC 1939 sections 4 and 5).
        if let counted, counted - deleted != count {
            let marked = deleted == 0 ? "" : ", of which \(deleted) are marked as deleted since"
            found.add(
                "pop3.size-mismatch", exchange: place.index,
                "STAT said \(ShownText.count(counted, "message")) before\(marked), and \(count) now")
        } else {
            counted = count.addingReportingOverflow(deleted).partialValue
        }
    }

    /// Whether there is a listing, and its end was seen.
    private static func isWholeListing(_ place: DialoguePlace) -> Bool {
        place.exchange.data != nil && !place.exchange.isDataCut
    }

    /// The lines of a listing, or the one that answers for a single message; nil where a dialogue file leaves any open.
    private static func lines(_ place: DialoguePlace, ofAll: Bool) -> [WireText]? {
        let lines = ofAll ? place.exchange.data ?? [] : place.exchange.reply?.lines.prefix(1).map { $0 } ?? []
        return lines.contains(where: \.varies) ? nil : lines
    }

    private mutating func list(_ arguments: POP3Arguments, _ place: DialoguePlace, _ found: inout FindingList) {
        // Of a listing that the capture has no line of, the status says nothing.
        let isWhole = arguments.count == 0 || place.exchange.data != nil
        guard let lines = Self.lines(place, ofAll: isWhole) else { return }
        var sum: UInt64 = 0
        for line in lines {
            // RFC 1939 section 5 lets a server add more words behind the size.
            guard let (number, size) = line.withBytes({ $0.twoNumbers }), number > 0 else {
                found.add(
                    "pop3.bad-listing", exchange: place.index, "A line of the listing is not a number and a size")
                return
            }
            sum = sum.addingReportingOverflow(size).partialValue
            guard isListed(number, arguments, isWhole: isWhole, sizes[number]?.exchange, place, &found) else {
                continue
            }
            if let before = sizes[number]?.octets, before != size {
                found.add(
                    "pop3.size-mismatch", exchange: place.index,
                    "LIST said \(before) octets for message \(number) before, and \(size) now")
            }
            sizes.set(number, Size(octets: size, exchange: place.index))
        }
        guard Self.isWholeListing(place), let total, !place.isPatchy else { return }
        if total.count != lines.count || total.octets != sum {
            found.add(
                "pop3.size-mismatch", exchange: place.index,
                "STAT said \(ShownText.count(total.count, "message")) with \(ShownText.count(total.octets, "octet")), "
                    + "LIST says \(lines.count) with \(sum)")
        }
    }

    /// Whether a line belongs where it stands: it tells of the message that was asked for, of one not marked as deleted,
    /// and for the first time in its listing.
    private func isListed(
        _ number: Int, _ arguments: POP3Arguments, isWhole: Bool, _ before: Int?, _ place: DialoguePlace,
        _ found: inout FindingList
    ) -> Bool {
        var verb: String { place.exchange.command?.verb ?? "" }
        guard isWhole else {
            guard let asked = arguments.first, asked != number else { return true }
            found.add(
                "pop3.other-message", exchange: place.index,
                "\(verb) asked for message \(asked), and the response tells of message \(number)")
            return false
        }
        guard before != place.index else {
            found.add(
                "pop3.number-repeated", exchange: place.index, "Message \(number) stands twice in the answer to \(verb)"
            )
            return false
        }
        if !place.state.deleted.isEmpty, place.state.deleted.contains(number), !place.isPatchy {
            found.add(
                "pop3.deleted-message", exchange: place.index,
                "The answer to \(verb) lists message \(number), which is marked as deleted", side: .some(.server))
        }
        return true
    }

    private mutating func uniqueIDs(_ arguments: POP3Arguments, _ place: DialoguePlace, _ found: inout FindingList) {
        let isWhole = arguments.count == 0
        guard let lines = Self.lines(place, ofAll: isWhole) else { return }
        var here: [(hash: Int, id: UniqueID)] = []
        if isWhole { here.reserveCapacity(lines.count) }
        for line in lines {
            guard let (number, id) = Self.entry(line, place.index) else {
                found.add("pop3.bad-listing", exchange: place.index, "A line of the listing is not a number and an id")
                continue
            }
            guard isListed(number, arguments, isWhole: isWhole, ids[number]?.exchange, place, &found) else { continue }
            if isWhole { here.append((id.hash, id)) }
            if let before = ids[number], !before.isSame(as: id) {
                found.add(
                    "pop3.uidl-changed", exchange: place.index,
                    "Message \(number) had the id \(before.shown) and has \(id.shown) now")
            }
            ids.set(number, id)
        }
        repeats(here, place, &found)
        guard Self.isWholeListing(place), let total, !place.isPatchy, total.count != lines.count else { return }
        found.add(
            "pop3.size-mismatch", exchange: place.index,
            "STAT said \(ShownText.count(total.count, "message")), UIDL lists \(lines.count)")
    }

    /// RFC 1939 section 7: one to 70 printable characters behind the number.
    private static func entry(_ line: WireText, _ exchange: Int) -> (number: Int, id: UniqueID)? {
        let places = line.withBytes { octets -> (number: Int, id: Range<Int>)? in
            let first = octets.nextWord(from: 0)
            let id = octets.nextWord(from: first.upperBound)
            guard let number = octets.number(at: first), number > 0, (1...70).contains(id.count),
                octets.extracting(id).isPrintable
            else { return nil }
            return (Int(number), id)
        }
        return places.map { ($0.number, UniqueID(line: line, place: $0.id, exchange: exchange)) }
    }

    private func repeats(
        _ listed: [(hash: Int, id: UniqueID)], _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard listed.count > 1 else { return }
        // The same ones are neighbours once sorted by their hashes, in the order of the listing.
        let sorted = listed.indices.sorted { one, other in
            listed[one].hash == listed[other].hash ? one < other : listed[one].hash < listed[other].hash
        }
        var repeated: [Int] = []
        for (one, other) in zip(sorted, sorted.dropFirst())
        where listed[one].hash == listed[other].hash && listed[one].id.isSame(as: listed[other].id) {
            repeated.append(other)
        }
        for index in repeated.sorted() {
            found.add("pop3.duplicate-uidl", exchange: place.index, "The id \(listed[index].id.shown) stands twice")
        }
    }

    private func retrieved(_ number: Int?, _ place: DialoguePlace, _ found: inout FindingList) {
        guard let number, let index = place.facts.message, place.session.messages.indices.contains(index),
            place.session.messages[index].complete, place.session.messages[index].patterns.isEmpty
        else { return }
        let bytes = place.session.messages[index].bytes
        if let size = sizes[number]?.octets, bytes != size {
            found.add(
                "pop3.size-mismatch", exchange: place.index,
                "LIST said \(size) octets for message \(number), and \(bytes) came")
        } else if let size = Self.announced(place), bytes != size {
            found.add(
                "pop3.size-mismatch", exchange: place.index,
                "The response announced \(size) octets for message \(number), and \(bytes) came")
        }
    }

    /// The size in `+OK 120 octets`.
    private static func announced(_ place: DialoguePlace) -> UInt64? {
        guard place.facts.isServers, let line = place.exchange.reply?.lines.first, !line.varies else { return nil }
        return line.withBytes { octets in
            let first = octets.nextWord(from: 0)
            let second = octets.nextWord(from: first.upperBound)
            guard second.count >= 6, octets.extracting(second.prefix(6)).spells(ignoringCase: "OCTETS") else {
                return nil
            }
            return octets.number(at: first)
        }
    }

    /// RFC 1939 section 7: TOP gives the header section, the empty line, and so many lines of the body at most.
    private func top(_ lines: Int?, _ place: DialoguePlace, _ found: inout FindingList) {
        guard let lines, !place.isPatchy, let index = place.facts.message,
            place.session.messages.indices.contains(index), place.session.messages[index].patterns.isEmpty
        else { return }
        let came = place.session.messages[index].content.facts.bodyLines
        guard came > UInt64(lines) else { return }
        found.add(
            "pop3.top-too-long", exchange: place.index,
            "TOP asked for \(ShownText.count(lines, "line")) of the body, and \(came) came")
    }
}

extension WireText {
    /// Whether a dialogue file lets any of it vary.
    fileprivate var varies: Bool { hasMarks && !patterns.isEmpty }
}
