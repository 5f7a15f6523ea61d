import MailTapCore
import Testing

@testable import MailTapCapture

@Suite struct SessionPacketizerTests {
    /// What the packetizer writes for a session in which this happens, a nanosecond apart.
    private func written(
        info: SessionInfo = .sample(), notes: [PacketNote] = [], _ entries: [Trace.Entry]
    ) -> WrittenBlocks {
        var writer = PcapNGWriter()
        var packetizer = SessionPacketizer(info, number: 1, notes: notes, into: &writer)
        var time = info.started
        for entry in entries {
            time = time.advanced(by: 1)
            switch entry {
            case .chunk(let side, let bytes): packetizer.receive(bytes.span.bytes, from: side, at: time, into: &writer)
            case .mark(let mark): packetizer.mark(mark, at: time, into: &writer)
            }
        }
        packetizer.end(at: time.advanced(by: 1), into: &writer)
        let blocks = WrittenBlocks(writer.bytes)
        #expect(blocks.faults == [])
        #expect(blocks.end == writer.bytes.count)
        #expect(blocks.packets.allSatisfy { $0.areChecksumsRight })
        return blocks
    }

    private func text(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

    @Test func conversationIsWhole() {
        let blocks = written([
            .chunk(.server, text("220 hi\r\n")), .chunk(.client, text("QUIT\r\n")),
            .chunk(.server, text("221 bye\r\n")),
            .mark(.eof(.server)), .mark(.eof(.client)), .mark(.ended(.quit)),
        ])
        let flags: [WrittenSegment.Flags] = [
            [.syn], [.syn, .ack], [.ack], [.ack, .psh], [.ack, .psh], [.ack, .psh], [.fin, .ack], [.fin, .ack], [.ack],
        ]
        #expect(blocks.packets.map(\.flags) == flags)
        #expect(blocks.packets.map(\.isFromServer) == [false, true, false, true, false, true, true, false, true])
        #expect(blocks.stream(server: true) == text("220 hi\r\n221 bye\r\n"))
        #expect(blocks.stream(server: false) == text("QUIT\r\n"))
        // Each acknowledges all that the peer said before.
        var next: [Bool: UInt32] = [:]
        for packet in blocks.packets {
            if packet.flags.contains(.ack) { #expect(packet.acknowledgment == next[!packet.isFromServer]) }
            let control: UInt32 = packet.flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1
            next[packet.isFromServer] = packet.sequence &+ UInt32(packet.payload.count) &+ control
        }
        #expect(blocks.packets[0].comments.count == 1)
        #expect(blocks.packets[0].comments[0].hasPrefix(#"mailtap: {"v":1,"session":{"source":"proxy","#))
        #expect(blocks.packets[7].comments == [#"mailtap: {"ended":"quit"}"#])
        #expect(blocks.packets[0].time == 1_700_000_000_123_456_789)
        #expect(blocks.packets[3].time == 1_700_000_000_123_456_790)
        #expect(blocks.packets[8].time == 1_700_000_000_123_456_796)
        #expect(blocks.packets[0].source == [192, 0, 2, 7])
        #expect(blocks.packets[1].sourcePort == 25)
    }

    @Test func resetCarriesTheEndingAndNothingFollows() {
        let blocks = written([.chunk(.client, text("x")), .mark(.reset(.server)), .mark(.ended(.reset))])
        let last = blocks.packets.last
        #expect(last?.flags == [.rst, .ack])
        #expect(last?.isFromServer == true)
        #expect(last?.comments == [#"mailtap: {"ended":"reset"}"#])
    }

    @Test func openSessionEndsWithABareAcknowledgment() {
        let blocks = written([.chunk(.client, text("x")), .mark(.ended(.open))])
        #expect(blocks.packets.allSatisfy { $0.flags.isDisjoint(with: [.fin, .rst]) })
        #expect(blocks.packets.contains { $0.comments == [#"mailtap: {"ended":"open"}"#] })
    }

    @Test func halfCloseGoesOn() {
        let blocks = written([
            .chunk(.client, text("QUIT\r\n")), .mark(.eof(.client)), .chunk(.server, text("221 bye\r\n")),
            .mark(.eof(.server)),
        ])
        #expect(blocks.packets.filter { $0.flags.contains(.fin) }.map(\.isFromServer) == [false, true])
        #expect(blocks.stream(server: true) == text("221 bye\r\n"))
    }

    @Test(arguments: [1, 65_495, 65_496, 131_072, 262_144])
    func chunksAreSplitBelowAPacket(length: Int) {
        let chunk = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let blocks = written([.chunk(.client, chunk)])
        let data = blocks.packets.filter { !$0.payload.isEmpty }
        #expect(data.count == (length + 65_494) / 65_495)
        #expect(data.map { $0.flags.contains(.psh) } == (1...data.count).map { $0 == data.count })
        #expect(blocks.stream(server: false) == chunk)
    }

    @Test func bulkIsAcknowledged() {
        let chunk = [UInt8](repeating: 65, count: 65_000)
        let blocks = written(Array(repeating: .chunk(.client, chunk), count: 40))
        let acknowledgments = blocks.packets.filter { $0.isFromServer && $0.payload.isEmpty && $0.flags == [.ack] }
        #expect(acknowledgments.count == 3)
    }

    @Test func gapMovesTheSequenceNumbersAndWraps() {
        let lost: UInt64 = 5 << 30
        let blocks = written([
            .chunk(.server, text("a")), .mark(.gap(.server, lost)), .chunk(.server, text("b")), .mark(.eof(.server)),
        ])
        let data = blocks.packets.filter { !$0.payload.isEmpty }
        #expect(data[1].sequence == data[0].sequence &+ 1 &+ UInt32(truncatingIfNeeded: lost))
        let between = blocks.packets.filter { $0.payload.isEmpty && !$0.isFromServer && $0.flags == [.ack] }
        #expect(between.contains { $0.comments == [#"mailtap: {"gap":{"side":"server","length":5368709120}}"#] })
        #expect(between.contains { $0.acknowledgment == data[1].sequence })
    }

    @Test func senselessGapIsBounded() {
        #expect(
            written([.mark(.gap(.client, .max)), .mark(.gap(.client, .max)), .chunk(.client, text("x"))]).packets.count
                < 200)
    }

    @Test func rangesCountFromThePacketThatCarriesThem() {
        let mask = Mask(range: StreamRange(.client, 16, 24), kind: .plain)
        let blocks = written([
            .chunk(.client, text("EHLO x\r\n")), .chunk(.server, text("250 x\r\n")), .mark(.masked(mask)),
            .chunk(.client, text("01234567890123456789\r\n")),
        ])
        let packet = blocks.packets.first { $0.payload.count == 22 }
        #expect(packet?.comments == [#"mailtap: {"masked":{"at":8,"length":8,"kind":"plain"}}"#])
        let marks = RecordingAnnotations().marks(in: packet?.comments.first ?? "", side: .client, offset: 8)
        #expect(marks == [.masked(mask)])
    }

    @Test func tlsStandsBetweenThePackets() {
        let tls = TLSMark(start: .starttls, isDecrypted: true, client: TLSMark.Leg(version: "TLSv1.3"))
        let blocks = written([
            .chunk(.server, text("220 go\r\n")), .mark(.tls(tls)), .chunk(.client, text("EHLO x\r\n")),
        ])
        let index = blocks.packets.firstIndex { packet in packet.comments.contains { $0.contains("starttls") } }
        #expect(index == 4)
        #expect(blocks.packets[4].payload.isEmpty)
    }

    @Test func startThatWasNotSeenHasNoHandshake() {
        let blocks = written(info: .sample(startSeen: false), [.chunk(.server, text("250 ok\r\n"))])
        #expect(blocks.packets.allSatisfy { !$0.flags.contains(.syn) })
        #expect(blocks.packets[0].comments.first?.contains("\"session\"") == true)
    }

    @Test func unknownAddressesAreDocumentationAddressesAndSaySo() {
        var info = SessionInfo.sample()
        info.client = Endpoint(address: nil, port: 0)
        info.server = Endpoint(address: nil, port: 0, name: "mail.example.org")
        let blocks = written(info: info, [.chunk(.server, text("220\r\n"))])
        #expect(blocks.packets[0].source == [192, 0, 2, 1])
        #expect(blocks.packets[0].destination == [192, 0, 2, 25])
        #expect(blocks.packets[0].destinationPort == 25)
        var read = SessionInfo.sample()
        RecordingAnnotations().sessionInfo(in: blocks.packets[0].comments[0], &read)
        #expect(read.client == info.client)
        #expect(read.server == info.server)
    }

    @Test func mixedFamiliesShareOneConversation() {
        var info = SessionInfo.sample()
        info.server.address = IPAddress("2001:db8::25")
        let blocks = written(info: info, [.chunk(.server, text("220\r\n"))])
        #expect(blocks.packets[0].source == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 7])
        var read = info
        read.client.address = IPAddress("::ffff:192.0.2.7")
        RecordingAnnotations().sessionInfo(in: blocks.packets[0].comments[0], &read)
        #expect(read == info)
    }

    @Test func notesStandOnTheirPackets() {
        let notes = [
            PacketNote(side: .client, offset: 9, text: "second"), PacketNote(side: .client, offset: 0, text: "first"),
            PacketNote(side: .server, offset: 99, text: "never sent"),
        ]
        let blocks = written(notes: notes, [.chunk(.client, text("EHLO x\r\n")), .chunk(.client, text("QUIT\r\n"))])
        #expect(blocks.packets.filter { !$0.payload.isEmpty }.map(\.comments) == [["first"], ["second"]])
        #expect(blocks.packets.contains { $0.comments == ["never sent"] })
    }

    @Test func moreCommentsThanAPacketCarries() {
        let octets = [UInt8](repeating: 1, count: 1_000_000)
        let blocks = written([
            .mark(.forwarded(StreamRange(.client, 0, 8), octets)), .chunk(.client, text("EHLO x\r\n")),
        ])
        let comments = blocks.packets.filter { !$0.isFromServer }.flatMap(\.comments)
        let back = comments.flatMap { RecordingAnnotations().marks(in: $0, side: .client, offset: 0) }
        let replaced = back.flatMap { mark -> [UInt8] in
            if case .forwarded(_, let octets) = mark { octets } else { [] }
        }
        #expect(replaced == octets)
        #expect(back.first == .forwarded(StreamRange(.client, 0, 8), Array(octets.prefix(32_768))))
        #expect(blocks.packets.allSatisfy { $0.comments.reduce(0) { $0 + $1.utf8.count } <= 262_144 })
    }
}
