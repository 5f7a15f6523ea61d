import Testing

@testable import MailTapCore

@Suite struct DialogueFileTests {
    private func text(_ traces: [Trace]) -> [UInt8] {
        var writer = DialogueFileWriter()
        var out: [UInt8] = []
        for trace in traces { writer.write(trace, to: &out) }
        return out
    }

    private func trace(_ entries: [Trace.Entry]) -> Trace {
        var trace = Trace(
            info: SessionInfo(
                source: "x", client: Endpoint(address: IPAddress("192.0.2.7"), port: 50112),
                server: Endpoint(address: IPAddress("2001:db8::25"), port: 25, name: "mail.example.org"),
                started: Timestamp(nanoseconds: 1_795_413_662_123_456_789), expecting: .smtp))
        for (index, entry) in entries.enumerated() {
            trace.entries.append((trace.info.started.advanced(by: Int64(index) * 300_000), entry))
        }
        trace.ended = trace.entries.last?.time ?? trace.info.started
        return trace
    }

    @Test(arguments: 0..<40) func `printing and parsing gives the same traces`(block: Int) {
        for seed in 0..<50 {
            var random = RandomTraces(seed: UInt64(block * 50 + seed))
            let traces = (0..<(1 + random.pick(3))).map { _ in random.trace() }
            let printed = text(traces)
            let file = DialogueFileReader.read(printed)
            #expect(file.errors.isEmpty)
            #expect(file.sessions.map(\.trace) == traces, "\(String(decoding: printed, as: UTF8.self))")
            #expect(file.sessions.allSatisfy { $0.lines.count == $0.trace.entries.count })
            // What is written stays on its lines: nothing in it moves a cursor or hides from an editor.
            #expect(printed.allSatisfy { $0 == 10 || $0 >= 0x20 && $0 != 0x7F })
        }
    }

    @Test func `of a run of masks those stand in their line that can`() {
        func mask(_ start: UInt64, _ end: UInt64) -> Trace.Entry {
            .mark(.masked(Mask(range: StreamRange(.client, start, end), kind: .password)))
        }
        var session = trace([])
        let moment = session.info.started
        // The first lies behind the chunk, the second overlaps the third, and the last two fit.
        for entry in [
            mask(90, 95), mask(5, 8), mask(6, 7), mask(9, 10), .chunk(.client, Array("PASS *******\r\n".utf8)),
        ] {
            session.entries.append((moment, entry))
        }
        let printed = String(decoding: text([session]), as: UTF8.self)
        #expect(printed.hasSuffix("C: PASS *{masked password *}**{masked password *}**\n"))
        #expect(printed.matches(of: /-- masked/).count == 2)
        #expect(DialogueFileReader.read(Array(printed.utf8)).sessions.first?.trace == session)
    }

    @Test func `a written file reads well`() {
        let printed = text([
            trace([
                .chunk(.server, Array("220 mail.example.org ESMTP\r\n".utf8)),
                .chunk(.client, Array("AUTH PLAIN AHRlc3QAKioqKio=\r\n".utf8)),
                .chunk(.server, Array("250-a\r\n250 b\r\n".utf8)),
                .chunk(.client, Array("DA".utf8)), .chunk(.client, Array("TA\n".utf8)),
                .mark(.tls(TLSMark(start: .starttls, isDecrypted: true, client: TLSMark.Leg(version: "TLSv1.3")))),
                .mark(.ended(.quit)),
            ])
        ])
        let expected = #"""
            mailtap-dialogue 1

            == session source=x client=192.0.2.7:50112 server=[2001:db8::25]:25 server-name=mail.example.org started=2026-11-23T06:01:02.123456789Z expecting=smtp
                        S: 220 mail.example.org ESMTP
            @0.000300   C: AUTH PLAIN AHRlc3QAKioqKio=
            @0.000600   S: 250-a
                        S: 250 b
            @0.000900   C: DA\
            @0.001200   C: TA\n\
            @0.001500   -- tls starttls decrypted version=TLSv1.3
            @0.001800   -- ended quit

            """#
        #expect(String(decoding: printed, as: UTF8.self) == expected)
    }

    @Test func `a mask stands inside its line`() {
        let line = Array("AUTH PLAIN AHRlc3QAKioqKio=\r\n".utf8)
        let mask = Mask(range: StreamRange(.client, 11, 27), kind: .plain)
        var trace = trace([.chunk(.client, line)])
        trace.entries.insert((trace.info.started, .mark(.masked(mask))), at: 0)
        let printed = text([trace])
        #expect(String(decoding: printed, as: UTF8.self).hasSuffix("\nC: AUTH PLAIN {masked plain AHRlc3QAKioqKio=}\n"))
        #expect(DialogueFileReader.read(printed).sessions.map(\.trace) == [trace])
    }

    @Test func `a hand-written file needs lines alone`() throws {
        let file = DialogueFileReader.read(
            Array("S: 220 hi\nC: EHLO client.example\nS: 250-mail.example.org\nS: 250 PIPELINING\nC: QUIT\r\n".utf8),
            source: "t")
        #expect(file.errors.isEmpty)
        let trace = try #require(file.sessions.first).trace
        #expect(file.sessions.count == 1)
        #expect(trace.info.source == "t")
        #expect(
            trace.entries.map(\.entry) == [
                .chunk(.server, Array("220 hi\r\n".utf8)), .chunk(.client, Array("EHLO client.example\r\n".utf8)),
                .chunk(.server, Array("250-mail.example.org\r\n250 PIPELINING\r\n".utf8)),
                .chunk(.client, Array("QUIT\r\n".utf8)),
            ])
        #expect(trace.entries.allSatisfy { $0.time == trace.info.started })
        #expect(file.sessions.first?.lines == [1, 2, 3, 5])
    }

    @Test func `each hand-written session may leave out its greeting`() {
        let text = """
            C: EHLO a
            S: 250 x

            == session
            C: EHLO a
            S: 250 x

            == session source=b
            S: 220 x

            == session started=2026-11-23T06:01:02Z
            C: EHLO a
            """
        let traces = DialogueFileReader.read([UInt8](text.utf8)).sessions.map(\.trace)
        let infos = traces.map(\.info)
        #expect(infos.map(\.startSeen) == [false, false, true, true])
        #expect(infos.map(\.isKnownMail) == [true, true, true, false])
        // Written again, it reads the same.
        let again = DialogueFileReader.read(self.text(traces))
        #expect(again.sessions.map(\.trace.info) == infos)
    }

    @Test func `patterns are kept as places of the server's stream`() throws {
        let file = DialogueFileReader.read(
            Array("# test\n\nS: 250 2.0.0 {any}\nC: QUIT\nS: {221|2xx} \\{no\\}\n".utf8))
        let session = try #require(file.sessions.first)
        #expect(file.errors.isEmpty)
        #expect(
            session.trace.entries.map(\.entry) == [
                .mark(.pattern(StreamRange(.server, 10, 15), try #require(ReplyPattern("any")))),
                .chunk(.server, Array("250 2.0.0 {any}\r\n".utf8)), .chunk(.client, Array("QUIT\r\n".utf8)),
                .mark(.pattern(StreamRange(.server, 17, 20), try #require(ReplyPattern("221|2xx")))),
                .chunk(.server, Array("221 {no}\r\n".utf8)),
            ])
        let printed = text([session.trace])
        #expect(String(decoding: printed, as: UTF8.self).hasSuffix("S: {221|2xx} \\{no}\n"))
        #expect(DialogueFileReader.read(printed).sessions.map(\.trace) == [session.trace])
    }

    @Test func `each line knows what it says`() throws {
        let file = DialogueFileReader.read(
            Array("C: EHLO a\n# no\nS: 250-a\n   S: 250 b\nC: MAIL FROM:<>\nS: 250 {any}\n".utf8))
        let session = try #require(file.sessions.first)
        #expect(session.said.map(\.line) == [1, 3, 4, 5, 6])
        #expect(
            session.said.map(\.range) == [
                StreamRange(.client, 0, 8), StreamRange(.server, 0, 7), StreamRange(.server, 7, 14),
                StreamRange(.client, 8, 22), StreamRange(.server, 14, 25),
            ])
        #expect(session.exchanges == [0, 0, 0, 1, 1])
    }

    @Test func `content comes from another file`() throws {
        let text = "C: DATA\nS: 354 go\nC: {content mails/a b.eml}\nC: .\nC: BDAT 3 LAST\nC: {octets raw}\n"
        var asked: [String] = []
        let file = DialogueFileReader.read(Array(text.utf8)) { path in
            asked.append(path)
            return .success(path == "raw" ? [0, 10, 46] : Array("Subject: x\n\n.dot\r\nlast".utf8))
        }
        #expect(file.errors.isEmpty)
        #expect(asked == ["mails/a b.eml", "raw"])
        let said = try #require(file.sessions.first).trace.entries.reduce(into: [UInt8]()) {
            if case .chunk(.client, let octets) = $1.entry { $0 += octets }
        }
        #expect(
            said == Array("DATA\r\nSubject: x\r\n\r\n..dot\r\nlast\r\n.\r\nBDAT 3 LAST\r\n".utf8) + [0, 10, 46])
    }

    @Test(arguments: ["/etc/passwd", "../a", "a/../../b", "", "a//b", "./a", "a\u{1}"])
    func `a path that leaves the directory is refused before it is read`(path: String) {
        var asked = 0
        let file = DialogueFileReader.read(Array("C: {content \(path)}\n".utf8)) { _ in
            asked += 1
            return .success([])
        }
        #expect(file.errors.map(\.line) == [1])
        #expect(asked == 0)
    }

    @Test func `a file that can't be included is an error with its reason`() {
        let file = DialogueFileReader.read(Array("C: {content a.eml}\n".utf8))
        #expect(file.errors.first?.problem == "'a.eml' can't be included: no file can be included here")
    }

    @Test(arguments: [
        (#"C: a\q"#, "unknown escape"), ("hello", "expected a line"), ("C: a{b}", "begins a mask"),
        ("@x C: a", "the time"),
        ("-- eof nobody", "no mark"), ("-- trouble \"x", "not complete"), ("== session nonsense=1", "'nonsense'"),
        ("== session client=1.2.3.4", "'client'"), ("mailtap-dialogue 2", "newer"),
        ("C: {masked plain x", "does not end"),
        ("C: {masked nothing x}", "unknown kind"), ("-- gap client 99999999999999999999", "no mark"),
        ("@99999999999 C: a", "the time"), ("S: 250 {nonsense}", "patterns are {any}"),
        ("S: 250 {re [}", "patterns are"), ("S: 250 {250|251}", "patterns are"), ("S: {2x5} a", "patterns are"),
    ])
    func `errors name their line, and reading goes on`(line: String, problem: String) {
        let file = DialogueFileReader.read(Array("C: NOOP\n\(line)\nC: QUIT\n".utf8))
        #expect(file.errors.map(\.line) == [2])
        #expect(file.errors.first?.problem.contains(problem) == true, "\(file.errors)")
        let said = file.sessions.flatMap { $0.trace.entries.map(\.entry) }
        let whole = said.reduce(into: [UInt8]()) { if case .chunk(_, let octets) = $1 { $0 += octets } }
        #expect(whole == Array("NOOP\r\nQUIT\r\n".utf8))
    }

    @Test func `any octets end in a result`() {
        var random = RandomTraces(seed: 7)
        let pieces = [
            "C:", "S: ", "\\x", "{masked plain ", "}", "@0.1 ", "-- gap client 18446744073709551615\n", "== session ",
            "\n", "\"", "=", "-- end\n", "{any}", "S: {2xx} ", "{re a|b}", "{content x}\n",
            "-- pattern server 0 5 \"any\"\n", "@-9223372036.854775808 ",
        ]
        for _ in 0..<2000 {
            var octets: [UInt8] = []
            for _ in 0..<random.pick(40) {
                octets += random.pick(3) == 0 ? random.octets(5) : Array(pieces[random.pick(pieces.count)].utf8)
            }
            let file = DialogueFileReader.read(octets)
            #expect(file.errors.count <= 50)
            // What was read is a trace like any other: printed and read again it stays the same.
            let traces = file.sessions.map(\.trace)
            #expect(DialogueFileReader.read(text(traces)).sessions.map(\.trace) == traces)
        }
    }

    @Test(arguments: [
        ("mailtap-dialogue 1\n", true), ("\n\n# x", true), ("C: EHLO x", true), ("  S: 220", true),
        ("== session", true),
        ("@0 S: 220 x", true), ("@1.5\nC: x", true), ("-- eof client", true), ("@ x", false), ("@media print {", false),
        ("--boundary", false),
        ("\u{FEFF}C: x", true), ("", false), ("Subject: x", false), ("\n\r\u{A}\u{D}", false), ("CC:", false),
    ])
    func `dialogue files are told by their first line`(text: String, isOne: Bool) {
        #expect(DialogueFileReader.recognizes(text.utf8) == isOne)
    }
}
