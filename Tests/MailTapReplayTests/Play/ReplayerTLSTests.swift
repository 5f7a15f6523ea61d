import MailTapCore
import MailTapReplay
import Testing

@Suite struct ReplayerTLSTests {
    private static let recorded = """
        S: 220 mx
        C: EHLO me
        S: 250-mx
        S: 250-STARTTLS
        S: 250 PIPELINING
        C: STARTTLS
        S: 220 go
        C: EHLO me
        S: 250 mx
        C: QUIT
        S: 221 bye
        """

    private static let offer = "250-a\r\n250 STARTTLS\r\n"

    /// A trace whose TLS begins after the go-ahead; nil where what follows is not there.
    private func underTLS(_ text: String, isDecrypted: Bool = true) -> RecordedSession {
        var trace = trace(text)
        let go = trace.entries.firstIndex { $0.entry == .chunk(.server, [UInt8]("220 go\r\n".utf8)) }
        guard let go else { return RecordedSession(trace) }
        if !isDecrypted { trace.entries.removeSubrange((go + 1)...) }
        let mark = TLSMark(start: .starttls, isDecrypted: isDecrypted, client: TLSMark.Leg())
        trace.entries.insert((trace.entries[go].time, .mark(.tls(mark))), at: go + 1)
        return RecordedSession(trace)
    }

    /// Plays against answers; `TLS` in their place stands for a handshake that succeeded.
    private func play(
        _ recorded: RecordedSession, _ use: ReplayOptions.TLSUse = .asRecorded, _ answers: [String]
    ) throws -> (sent: [String], replayer: Replayer) {
        var options = ReplayOptions()
        options.tls = use
        var replayer = Replayer(try #require(ReplayPlan(recorded)), options: options)
        var sent: [String] = []
        for answer in answers {
            var effects: [Replayer.Effect] = []
            if answer == "TLS" {
                replayer.secured(into: &effects)
            } else {
                replayer.receive([UInt8](answer.utf8).span.bytes, into: &effects)
            }
            for effect in effects {
                switch effect {
                case .send(let octets): sent.append(String(decoding: octets, as: UTF8.self))
                case .startTLS: sent.append("(TLS)")
                case .abort: sent.append("(abort)")
                case .pause, .close: break
                }
            }
        }
        return (sent, replayer)
    }

    @Test func `TLS begins where the recording began it`() throws {
        let (sent, replayer) = try play(
            underTLS(Self.recorded),
            .asRecorded, ["220 a\r\n", "250-a\r\n250 STARTTLS\r\n", "220 go\r\n", "TLS", "250 a\r\n", "221 b\r\n"])
        #expect(sent == ["EHLO me\r\n", "STARTTLS\r\n", "(TLS)", "EHLO me\r\n", "QUIT\r\n"])
        #expect(replayer.notes.isEmpty)
        #expect(replayer.isOver)
    }

    @Test func `nothing is said in clear where TLS is refused`() throws {
        let (sent, replayer) = try play(
            underTLS(Self.recorded), .asRecorded,
            ["220 a\r\n", Self.offer, "502 no\r\n", "221 b\r\n"])
        #expect(sent == ["EHLO me\r\n", "STARTTLS\r\n", "QUIT\r\n"])
        #expect(replayer.notes.map(\.kind) == [.leftOut])
    }

    @Test func `TLS that is not offered is not asked for`() throws {
        let (sent, replayer) = try play(
            underTLS(Self.recorded), .asRecorded, ["220 a\r\n", "250-a\r\n250 DSN\r\n", "221 b\r\n"])
        #expect(sent == ["EHLO me\r\n", "QUIT\r\n"])
        #expect(replayer.notes.map(\.kind) == [.notPlayed, .leftOut])
        #expect(replayer.notes.first?.text == "STARTTLS is not offered")
        var drop = trace("S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS: +OK go\nC: QUIT\nS: +OK", .pop3)
        let mark = TLSMark(start: .starttls, isDecrypted: true, client: TLSMark.Leg())
        drop.entries.insert((drop.entries[6].time, .mark(.tls(mark))), at: 7)
        let without = try play(RecordedSession(drop), .asRecorded, ["+OK\r\n", "+OK\r\nTOP\r\n.\r\n", "+OK\r\n"])
        #expect(without.sent == ["CAPA\r\n", "QUIT\r\n"])
        let with = try play(RecordedSession(drop), .asRecorded, ["+OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK\r\n"])
        #expect(with.sent == ["CAPA\r\n", "STLS\r\n", "(TLS)"])
    }

    @Test func `a recording that can't be read under TLS ends with QUIT`() throws {
        let (sent, replayer) = try play(
            underTLS(Self.recorded, isDecrypted: false), .asRecorded,
            ["220 a\r\n", Self.offer, "220 go\r\n", "TLS", "221 b\r\n"])
        #expect(sent == ["EHLO me\r\n", "STARTTLS\r\n", "(TLS)", "QUIT\r\n"])
        #expect(replayer.notes.map(\.kind) == [.inserted])
    }

    @Test func `what was injected before the handshake ends the session`() throws {
        let (sent, replayer) = try play(
            underTLS(Self.recorded), .asRecorded,
            ["220 a\r\n", Self.offer, "220 go\r\n250 injected\r\n"])
        #expect(sent == ["EHLO me\r\n", "STARTTLS\r\n", "(abort)"])
        #expect(replayer.notes.map(\.kind) == [.aborted])
    }

    @Test func `with the first octet there is no STARTTLS`() throws {
        let (sent, replayer) = try play(
            underTLS(Self.recorded), .implicit, ["220 a\r\n", "250 a\r\n", "221 b\r\n"])
        #expect(sent == ["EHLO me\r\n", "QUIT\r\n"])
        #expect(replayer.notes.map(\.exchanges) == [1..<2, 2..<3])
    }

    @Test func `TLS that was asked for comes before the recording`() throws {
        let plain = "S: 220 mx\nC: EHLO me\nS: 250 mx\nC: QUIT\nS: 221 bye"
        let (sent, replayer) = try play(
            recording(plain), .starttls,
            ["220 a\r\n", "250-a\r\n250 STARTTLS\r\n", "220 go\r\n", "TLS", "250 a\r\n", "221 b\r\n"])
        #expect(sent == ["EHLO me\r\n", "STARTTLS\r\n", "(TLS)", "EHLO me\r\n", "QUIT\r\n"])
        #expect(replayer.notes.map(\.came) == [1, 2])
        let refused = try play(recording(plain), .starttls, ["220 a\r\n", "250 a\r\n", "221 b\r\n"])
        #expect(refused.sent == ["EHLO me\r\n", "QUIT\r\n"])
        #expect(refused.replayer.notes.map(\.kind).contains(.aborted))
        let drop = recording("S: +OK\nC: STAT\nS: +OK 0 0\nC: QUIT\nS: +OK", .pop3)
        let pop3 = try play(drop, .starttls, ["+OK\r\n", "+OK\r\n", "TLS", "+OK 0 0\r\n"])
        #expect(pop3.sent == ["STLS\r\n", "(TLS)", "STAT\r\n", "QUIT\r\n"])
    }
}
