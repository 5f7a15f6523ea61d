import MailTapCore
import Testing

@testable import MailTapCapture

/// Decides whole lines, and takes what follows `PASS` on a line for a secret.
///
/// `HOLD` lines are the same, but wait for the server's next line.
private struct LineFinder: SecretFinding {
    private var lines: [Side: (start: UInt64, octets: [UInt8])] = [.client: (0, []), .server: (0, [])]
    private var isWaiting = false
    private var held: (start: UInt64, line: [UInt8])?

    func reported(_ side: Side) -> UInt64 {
        if side == .client, let held { return held.start }
        return lines[side]?.start ?? 0
    }

    mutating func receive(
        _ bytes: RawSpan, from side: Side, at time: Timestamp, _ handler: inout some DialogueHandler
    ) {
        for octet in [UInt8](copying: bytes) {
            lines[side]?.octets.append(octet)
            guard octet == 10, let (start, line) = lines[side] else { continue }
            lines[side] = (start + UInt64(line.count), [])
            if side == .client, line.starts(with: "HOLD ".utf8) {
                held = (start, line)
            } else if side == .client, line.starts(with: "PASS ".utf8) {
                secret(start + 5, Array(line[5..<(line.count - 2)]), &handler)
            } else if side == .server, let (start, line) = held {
                held = nil
                secret(start + 5, Array(line[5..<(line.count - 2)]), &handler)
            }
        }
    }

    mutating func mark(_ mark: Mark, at time: Timestamp, _ handler: inout some DialogueHandler) {
        if case .gap(let side, let length) = mark { lines[side]?.start += length }
    }

    mutating func end(at time: Timestamp, _ handler: inout some DialogueHandler) {
        held = nil
        for side in Side.allCases {
            guard let (start, line) = lines[side] else { continue }
            if line.starts(with: "PASS ".utf8) { secret(start + 5, Array(line[5...]), &handler) }
            lines[side] = (start + UInt64(line.count), [])
        }
    }

    private func secret(_ start: UInt64, _ token: [UInt8], _ handler: inout some DialogueHandler) {
        let range = StreamRange(.client, start, start + UInt64(token.count))
        let event = Event(time: Timestamp(nanoseconds: 0), range: range, exchange: 0, kind: .secret(.password))
        handler.handle(event, token.span.bytes)
    }
}

/// Decides nothing, ever.
private struct SilentFinder: SecretFinding {
    func reported(_ side: Side) -> UInt64 { 0 }
    mutating func receive(_: RawSpan, from: Side, at: Timestamp, _: inout some DialogueHandler) {}
    mutating func mark(_: Mark, at: Timestamp, _: inout some DialogueHandler) {}
    mutating func end(at: Timestamp, _: inout some DialogueHandler) {}
}

@Suite struct MaskingSessionTests {
    private static let now = Timestamp(nanoseconds: 5)

    private func run(
        _ finder: some SecretFinding, capacity: Int = 1 << 20, _ entries: [Trace.Entry]
    ) -> [Trace.Entry] {
        let collector = TraceCollector()
        let session = MaskingSession(finder: finder, downstream: collector.open(.sample()), capacity: capacity)
        for entry in entries {
            switch entry {
            case .chunk(let side, let bytes): session.receive(bytes.span.bytes, from: side, at: Self.now)
            case .mark(let mark): session.mark(mark, at: Self.now)
            }
        }
        session.end(at: Self.now)
        return collector.traces[0].entries.map(\.entry)
    }

    private func client(_ text: String) -> Trace.Entry { .chunk(.client, [UInt8](text.utf8)) }
    private func server(_ text: String) -> Trace.Entry { .chunk(.server, [UInt8](text.utf8)) }
    private func masked(_ start: UInt64, _ end: UInt64) -> Trace.Entry {
        .mark(.masked(Mask(range: StreamRange(.client, start, end), kind: .password)))
    }

    @Test func wholeLine() {
        let entries = run(LineFinder(), [client("PASS secret\r\n"), server("+OK\r\n")])
        #expect(entries == [masked(5, 11), client("PASS ******\r\n"), server("+OK\r\n")])
    }

    @Test func secretInPieces() {
        let pieces = "USER u\r\nPASS secret\r\n".utf8.map { Trace.Entry.chunk(.client, [$0]) }
        let entries = run(LineFinder(), pieces)
        let marked = entries.firstIndex(of: masked(13, 19))
        #expect(marked == 13)
        let octets = entries.flatMap { entry -> [UInt8] in
            if case .chunk(_, let bytes) = entry { bytes } else { [] }
        }
        #expect(String(decoding: octets, as: UTF8.self) == "USER u\r\nPASS ******\r\n")
        #expect(entries.count == pieces.count + 1)
    }

    @Test func orderIsKeptWhileAChunkWaits() {
        let entries = run(
            LineFinder(), [client("HOLD secret\r\n"), .mark(.eof(.client)), server("+O"), server("K\r\n")])
        #expect(
            entries == [masked(5, 11), client("HOLD ******\r\n"), .mark(.eof(.client)), server("+O"), server("K\r\n")])
    }

    @Test func everySplitMasksTheSame() {
        let text = [UInt8]("USER u\r\nPASS one\r\nPASS two\r\n".utf8)
        for first in 0...text.count {
            for second in first...text.count {
                let pieces = [text[..<first], text[first..<second], text[second...]].filter { !$0.isEmpty }
                let entries = run(LineFinder(), pieces.map { .chunk(.client, Array($0)) })
                let chunks = entries.compactMap { if case .chunk(_, let bytes) = $0 { bytes } else { nil } }
                #expect(chunks.map(\.count) == pieces.map(\.count))
                #expect(chunks.joined().elementsEqual("USER u\r\nPASS ***\r\nPASS ***\r\n".utf8))
                #expect(entries.filter { $0 == masked(13, 16) || $0 == masked(23, 26) }.count == 2)
            }
        }
    }

    @Test func lineThatNeverEndedIsMasked() {
        #expect(run(LineFinder(), [client("PASS secr")]) == [masked(5, 9), client("PASS ****")])
    }

    @Test func gapsCount() {
        let entries = run(LineFinder(), [.mark(.gap(.client, 100)), client("PASS secret\r\n")])
        #expect(entries == [.mark(.gap(.client, 100)), masked(105, 111), client("PASS ******\r\n")])
    }

    @Test func maskOfTheSourceIsNotRepeated() {
        let entries = run(LineFinder(), [masked(5, 11), client("PASS ******\r\n")])
        #expect(entries == [masked(5, 11), client("PASS ******\r\n")])
    }

    @Test func whatWentOnInPlaceOfASecretIsMaskedToo() {
        let line = StreamRange(.client, 0, 13)
        let entries = run(
            LineFinder(),
            [.mark(.forwarded(line, [UInt8]("PASS other\r\n".utf8))), client("PASS secret\r\n"), server("+OK\r\n")])
        #expect(
            entries == [
                .mark(.forwarded(line, [UInt8]("**********\r\n".utf8))), masked(5, 11), client("PASS ******\r\n"),
                server("+OK\r\n"),
            ])
    }

    @Test func whatIsNeverDecidedGoesOnMasked() {
        let entries = run(SilentFinder(), [client("PASS secret\r\n"), server("+OK\r\n")])
        #expect(entries.count == 4)
        #expect(entries[1] == .chunk(.client, [UInt8](repeating: SecretMasking.mask, count: 13)))
    }

    @Test func whatWaitsIsBounded() {
        let collector = TraceCollector()
        let session = MaskingSession(finder: SilentFinder(), downstream: collector.open(.sample()), capacity: 1_000)
        let chunk = [UInt8]("auth".utf8)
        for _ in 0..<100 { session.receive(chunk.span.bytes, from: .client, at: Self.now) }
        let entries = collector.traces[0].entries.map(\.entry)
        let chunks = entries.filter { if case .chunk = $0 { true } else { false } }
        #expect(chunks.count == 100 - 1_000 / 68)
        #expect(chunks.allSatisfy { $0 == .chunk(.client, [UInt8]("****".utf8)) })
        let troubles = entries.filter {
            if case .mark(.trouble(let trouble)) = $0 { trouble.code == "buffer-limit" } else { false }
        }
        #expect(troubles.count == 1)
    }
}
