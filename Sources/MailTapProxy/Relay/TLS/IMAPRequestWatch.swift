import MailTapCore

/// Finds the request for TLS in an IMAP session and the response to it (RFC 9051 section 6.2.1).
///
/// IMAP's dialogue is not decoded; this looks at tags alone, and steps over literals (section 4.3).
struct IMAPRequestWatch: Sendable {
    /// One side's place in its lines.
    private struct Lines: Sendable {
        /// Where the present line begins.
        var start: UInt64 = 0
        var offset: UInt64 = 0
        /// The present line, its first octets alone.
        var line: [UInt8] = []
        /// Its last octets, in which a literal's length would stand.
        var tail: [UInt8] = []
        var literal: UInt64 = 0
        /// Whether the present line goes on behind a literal.
        var isContinued = false

        /// Takes an octet; returns whether a line that is no continuation ended with it.
        mutating func take(_ octet: UInt8) -> Bool {
            offset &+= 1
            if literal > 0 {
                literal -= 1
                return false
            }
            if line.count < IMAPRequestWatch.longestLine { line.append(octet) }
            tail.append(octet)
            if tail.count > 32 { tail.removeFirst() }
            guard octet == 10 else { return false }
            let wasContinued = isContinued
            literal = literalLength ?? 0
            isContinued = literalLength != nil
            return !wasContinued && !isContinued
        }

        mutating func next() {
            guard literal == 0, line.last == 10 || tail.last == 10 else { return }
            start = offset
            line = []
            tail = []
        }

        /// The `n` of `{n}` or `{n+}` at the line's end.
        private var literalLength: UInt64? {
            let text = tail.dropLast(tail.dropLast().last == 13 ? 2 : 1)
            guard text.last == UInt8(ascii: "}"), let open = text.lastIndex(of: UInt8(ascii: "{")) else { return nil }
            let digits = text[(open + 1)...].dropLast()
            let number = digits.last == UInt8(ascii: "+") ? digits.dropLast() : digits
            guard (1...18).contains(number.count), number.allSatisfy({ (48...57).contains($0) }) else { return nil }
            return number.reduce(0) { $0 &* 10 &+ UInt64($1 &- 48) }
        }
    }

    /// No tag is as long; of a longer line only its beginning counts.
    private static let longestLine = 512

    private var client = Lines()
    private var server = Lines()
    private var tag: [UInt8] = []
    /// The request that waits for its response.
    private(set) var request: FollowTracker.Request?
    /// The response by which the server agreed.
    private(set) var goAhead: StreamRange?

    /// Where the server's present line begins: nothing is known yet of what follows.
    var decidedServer: UInt64 { server.start }

    /// Takes octets of a side in order.
    mutating func receive(_ octets: some Sequence<UInt8>, from side: Side) {
        for octet in octets where goAhead == nil {
            switch side {
            case .client:
                if client.take(octet) { command(client.line, end: client.offset) }
                client.next()
            case .server:
                if server.take(octet) { response(server.line, StreamRange(.server, server.start, server.offset)) }
                server.next()
            }
        }
    }

    private mutating func command(_ line: [UInt8], end: UInt64) {
        let words = Self.words(line)
        guard words.count == 2, Self.isSame(words[1], "STARTTLS") else { return }
        tag = Array(words[0])
        request = FollowTracker.Request(exchange: 0, end: end)
    }

    private mutating func response(_ line: [UInt8], _ range: StreamRange) {
        let words = Self.words(line)
        guard request != nil, words.count >= 2, words[0].elementsEqual(tag) else { return }
        if Self.isSame(words[1], "OK") { goAhead = range } else { request = nil }
    }

    private static func words(_ line: [UInt8]) -> [ArraySlice<UInt8>] {
        line.prefix { $0 != 13 && $0 != 10 }.split(maxSplits: 2) { $0 == 32 }
    }

    private static func isSame(_ word: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
        word.count == name.utf8CodeUnitCount
            && name.withUTF8Buffer { name in zip(word, name).allSatisfy { $0.0 & 0xDF == $0.1 } }
    }
}
