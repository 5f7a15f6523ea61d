import MailTapCore
import Testing

@testable import MailTapCapture

/// Whatever the clocks of a capture say: what acknowledges octets was said after them.
@Suite struct TrueOrderTests {
    private typealias Packets = [(segment: TCPSegment, payload: [UInt8])]

    /// The packets with other times, a millisecond apart.
    private static func timed(_ packets: Packets, by step: Int64) -> Packets {
        packets.enumerated().map { index, packet in
            var packet = packet
            packet.segment.time = Timestamp(nanoseconds: 5_000_000_000 + Int64(index) * step)
            return packet
        }
    }

    /// Side and time of each chunk.
    private static func chunks(_ packets: Packets) throws -> [(side: Side, time: Int64)] {
        try #require(reassemble(packets).first).entries.compactMap { time, entry in
            if case .chunk(let side, _) = entry { (side, time.nanoseconds) } else { nil }
        }
    }

    private static func sides(_ packets: Packets) -> (client: Packets, server: Packets) {
        (
            packets.filter { $0.segment.source == Conversation.client },
            packets.filter { $0.segment.source == Conversation.server }
        )
    }

    @Test func aSideThatStandsFirstInTheFileDidNotSpeakFirst() throws {
        let talk = Conversation.mail().segments
        let (client, server) = Self.sides(talk)
        let found = try Self.chunks(Self.timed(client + server, by: 1_000_000))
        let count = try Self.chunks(talk).count
        #expect(found.first?.side == .server && found.count == count)
        for (before, after) in zip(found, found.dropFirst()) where before.side != after.side {
            #expect(before.time <= after.time)
        }
    }

    @Test func aClockThatGoesBackMakesNoReplyEarly() throws {
        let found = try Self.chunks(Self.timed(Conversation.mail().segments, by: -1_000_000))
        for (before, after) in zip(found, found.dropFirst()) where before.side != after.side {
            #expect(before.time <= after.time)
        }
    }

    @Test func whatWaitedForLostOctetsKeepsItsTime() throws {
        var talk = Conversation()
        talk.say(.server, "220 mail.example.org\r\n")
        talk.say(.client, "NOOP\r\n")
        talk.close()
        let command = try #require(talk.segments.first { $0.payload.first == UInt8(ascii: "N") }).segment.time
        talk.segments.removeAll { $0.payload.first == UInt8(ascii: "2") }
        let found = try Self.chunks(talk.segments)
        #expect(found.map(\.side) == [.client] && found.first?.time == command.nanoseconds)
    }

    @Test func theLatestOfSeveralSegmentsCounts() throws {
        var talk = Conversation()
        talk.say(.server, "220-mail.example.org\r\n")
        talk.say(.server, "220 ready\r\n")
        talk.say(.client, "NOOP\r\n")
        talk.close()
        // The first of the greeting's segments comes again when the client has long gone on.
        let first = try #require(talk.segments.firstIndex { $0.payload.starts(with: "220-".utf8) })
        let command = try #require(talk.segments.firstIndex { $0.payload.first == UInt8(ascii: "N") })
        let late = talk.segments.remove(at: first)
        talk.segments.insert(late, at: command)
        talk.segments[command].segment.time = talk.segments[command - 1].segment.time.advanced(by: 90_000_000)
        let found = try Self.chunks(talk.segments)
        let greeting = try #require(found.first { $0.side == .server }).time
        #expect(try #require(found.first { $0.side == .client }).time == greeting)
    }

    @Test func aLateSegmentOfTheSameSideChangesNoTime() throws {
        var talk = Conversation()
        talk.say(.server, "220 mail.example.org\r\n")
        talk.say(.client, "NOOP\r\n")
        talk.say(.client, "RSET\r\n")
        talk.close()
        let times = talk.segments.filter { $0.payload.first == UInt8(ascii: "R") }.map(\.segment.time.nanoseconds)
        let late = try #require(talk.segments.firstIndex { $0.payload.first == UInt8(ascii: "N") })
        talk.segments.swapAt(late, late + 1)
        let found = try Self.chunks(talk.segments).filter { $0.side == .client }
        #expect(times.count == 1 && found.last?.time == times.first)
    }
}
