import MailTapCore
import Testing

@testable import MailTapCapture

/// Octets that come more than once: retransmissions, overlaps, probes.
@Suite struct RepetitionTests {
    private static let line = "NOOP 0123456789\r\n"

    /// Pieces of one line, each with what it claims; a hole is opened before them, so that they wait, or not.
    private static func overlap(_ pieces: [(offset: Int, text: String)], waits: Bool) -> Trace? {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "HELO x\r\n")
        let hole = talk.segments.count - 1
        for piece in pieces { talk.stray(.client, at: piece.offset, piece.text) }
        if waits { talk.segments.append(talk.segments.remove(at: hole)) }
        return reassemble(talk.segments).first
    }

    /// Every way in which a second segment can lie to a first one; the octets are the same.
    @Test(arguments: [true, false]) func overlapsThatAgreeSayNothing(waits: Bool) throws {
        let text = Array(Self.line)
        for start in stride(from: 0, to: text.count, by: 3) {
            for end in stride(from: start + 1, through: text.count, by: 2) {
                let pieces = [
                    (start, String(text[start..<end])), (0, String(text[..<end])), (0, Self.line),
                    (start, String(text[start...])),
                ]
                let trace = try #require(Self.overlap(pieces, waits: waits))
                #expect(trace.text(.client) == "HELO x\r\n" + Self.line, "\(start)..<\(end)")
                #expect(trace.marks == [], "\(start)..<\(end)")
            }
        }
    }

    @Test(arguments: [true, false]) func ofOctetsThatDifferTheFirstStay(waits: Bool) throws {
        // Behind, before and around what is there.
        let behind = try #require(Self.overlap([(0, "NOOP 0123"), (5, "xxxx456789\r\n")], waits: waits))
        #expect(behind.text(.client) == "HELO x\r\n" + Self.line)
        #expect(behind.conflicts == [StreamRange(.client, 13, 17)])
        let before = try #require(Self.overlap([(5, "0123456789\r\n"), (0, "NOOP xxxx")], waits: waits))
        #expect(before.text(.client) == "HELO x\r\n" + Self.line)
        #expect(before.conflicts == [StreamRange(.client, 13, 17)])
        let around = try #require(Self.overlap([(5, "0123"), (0, "NOOP xxxx456789\r\n")], waits: waits))
        #expect(around.text(.client) == "HELO x\r\n" + Self.line)
        #expect(around.conflicts == [StreamRange(.client, 13, 17)])
    }

    @Test func aKeepAliveWithoutAnOctetSaysNothing() throws {
        var talk = Conversation()
        talk.stray(.client, at: -1, "")
        talk.stray(.server, at: 0, "")
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "NOOP\r\n")
        for _ in 0..<5 {
            talk.stray(.client, at: -1, "")
            talk.stray(.server, at: 0, "")
        }
        talk.say(.client, "QUIT\r\n")
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "NOOP\r\nQUIT\r\n")
        #expect(trace.marks == [])
    }

    /// The octet of such a keep-alive repeats none and means nothing (RFC 1122 section 4.2.3.6).
    @Test func aKeepAliveWithAnOctetSaysNothingAnywhere() throws {
        var talk = Conversation()
        talk.stray(.client, at: -1, "\0")
        talk.say(.server, "220 hi\r\n")
        talk.stray(.server, at: -1, "\0")
        talk.say(.client, "NOOP\r\n")
        talk.stray(.client, at: -1, "\0")
        talk.stray(.server, at: 0, "")
        talk.stray(.client, at: -1, "\0")
        talk.say(.client, "QUIT\r\n")
        for start in [0, 3, 5] {
            let trace = try #require(reassemble(Array(talk.segments[start...])).first)
            #expect(trace.text(.client) == "NOOP\r\nQUIT\r\n", "from packet \(start)")
            #expect(trace.marks == [], "from packet \(start)")
        }
    }

    /// A side that finds the window shut sends one octet more, again and again (RFC 9293 section 3.8.6.1).
    @Test func zeroWindowProbesAddEachOctetOnce() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "DATA\r\n")
        for _ in 0..<3 {
            talk.stray(.client, at: 0, "A")
            talk.stray(.server, at: 0, "")
        }
        talk.say(.client, "A")
        talk.stray(.client, at: 0, "B")
        talk.stray(.server, at: 0, "")
        talk.say(.client, "BC\r\n")
        talk.say(.server, "250 ok\r\n")
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "DATA\r\nABC\r\n")
        #expect(trace.marks == [])
    }

    @Test func aCaptureThatHoldsEveryPacketTwiceSaysEachOctetOnce() throws {
        let talk = Conversation.mail()
        let trace = try #require(reassemble(talk.segments.flatMap { [$0, $0] }).first)
        #expect(trace.dialogue == reassemble(talk.segments).first?.dialogue)
        #expect(trace.marks == [.eof(.client), .eof(.server)])
    }

    /// The numbers start anew at 2^32 (RFC 9293 section 3.4), wherever in the dialogue.
    @Test func numbersMayWrapAnywhere() {
        let expected = reassemble(Conversation.mail().segments).first?.dialogue
        let lengths = (Conversation.mail().stream(.client).count, Conversation.mail().stream(.server).count)
        for back in 0..<UInt32(max(lengths.0, lengths.1) + 3) {
            let talk = Conversation.mail(isn: (0 &- back, 0 &- back))
            var shuffled = talk.segments
            for index in stride(from: 6, to: shuffled.count - 1, by: 3) { shuffled.swapAt(index, index + 1) }
            let traces = reassemble(shuffled)
            #expect(traces.map(\.dialogue) == [expected], "\(back) before the wrap")
            #expect(traces.first?.marks == [.eof(.client), .eof(.server)])
        }
    }
}
