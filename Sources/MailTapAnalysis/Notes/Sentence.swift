import MailTapCore

/// A sentence that is being put together, in memory that the next one uses again.
struct Sentence {
    private var octets: [UInt8] = []
    /// Where those lie that are kept.
    private var lines = LineStore()

    init() { octets.reserveCapacity(256) }

    /// What was put together so far.
    var text: String { String(decoding: octets, as: UTF8.self) }

    /// What was put together so far, to be kept beside others: whole words of UTF-8, as they were added.
    mutating func keep() -> NoteText {
        let words = octets
        return .line(lines.line(words.span.bytes))
    }

    /// Begins another sentence.
    mutating func clear() { octets.removeAll(keepingCapacity: true) }

    /// Adds words of our own.
    mutating func add(_ words: StaticString) { words.withUTF8Buffer { octets.append(contentsOf: $0) } }

    /// Adds words that are fit for a sentence already.
    mutating func add(text: String) { octets.append(contentsOf: text.utf8) }

    /// Adds octets of a peer, as `ShownText` shows them.
    mutating func add(shown value: RawSpan) {
        // Nearly always there is nothing to change.
        if value.byteCount <= ShownText.limit, value.isPrintable {
            value.withUnsafeBytes { octets.append(contentsOf: $0) }
        } else {
            add(text: ShownText.of([UInt8](copying: value)[...]))
        }
    }

    /// Adds a number.
    mutating func add(_ number: UInt64) {
        if number >= 10 { add(number / 10) }
        octets.append(UInt8(truncatingIfNeeded: number % 10) &+ 48)
    }

    /// `1 octet`, `2 octets`.
    mutating func add(count number: UInt64, _ noun: StaticString) {
        add(number)
        octets.append(32)
        add(noun)
        if number != 1 { octets.append(UInt8(ascii: "s")) }
    }

    /// `1 recipient`, `2 recipients`; a number below 0 counts as none.
    mutating func add(count number: Int, _ noun: StaticString) { add(count: UInt64(max(0, number)), noun) }
}
