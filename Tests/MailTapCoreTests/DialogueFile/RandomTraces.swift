import MailTapCore
import MailTapTesting

/// Traces of any octets in any chunks with any marks.
struct RandomTraces {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<max(1, bound), using: &generator) }
    mutating func flip() -> Bool { pick(2) == 0 }
    mutating func side() -> Side { flip() ? .client : .server }

    mutating func octets(_ limit: Int) -> [UInt8] {
        let style = pick(3)
        let words = [
            "EHLO x\r\n", "250 ok\n", "\r", "\n", " ", "\\", "{masked plain x}", "é", "\u{202E}", "\t", "{", "}",
            ".\r\n", "\r\n",
        ]
        var out: [UInt8] = []
        for _ in 0..<(1 + pick(limit)) {
            switch style {
            case 0: out.append(UInt8.random(in: 0...255, using: &generator))
            case 1: out += words[pick(words.count)].utf8
            default: out += "line \(pick(9))\r\n".utf8
            }
        }
        return out
    }

    mutating func text() -> String {
        let texts = [
            "", "a", "a b", "\"q\" \\ =", "line\nnext\r\n", "\u{1B}[2J", "é\u{202E}", "k=v", "{x}", "🐈 cat", " lead",
        ]
        return texts[pick(texts.count)]
    }

    mutating func optional() -> String? { flip() ? text() : nil }

    mutating func range(_ offsets: [UInt64]) -> StreamRange {
        let side = side()
        let start =
            flip()
            ? offsets[Int(side.rawValue)] &+ UInt64(pick(20)) : UInt64.random(in: 0...UInt64.max, using: &generator)
        let (end, overflow) = start.addingReportingOverflow(UInt64(pick(20)))
        return StreamRange(side, start, overflow ? start : end)
    }

    mutating func leg() -> TLSMark.Leg {
        TLSMark.Leg(
            version: optional(), cipher: optional(), sni: optional(), verified: flip() ? nil : flip(),
            problem: optional(), reason: optional(), chain: flip() ? [] : [certificate()])
    }

    mutating func certificate() -> TLSMark.Certificate {
        TLSMark.Certificate(
            subject: "CN=\"a\\ b=\u{FC}\"", issuer: flip() ? "" : "CN=b",
            names: flip() ? [] : ["a.example", "2001:db8::1"],
            notBefore: Timestamp(nanoseconds: Int64(pick(5000))), notAfter: Timestamp(nanoseconds: .max), sha256: "00ff"
        )
    }

    mutating func mark(_ offsets: inout [UInt64]) -> Mark {
        switch pick(11) {
        case 0: return .eof(side())
        case 1: return .reset(side())
        case 2:
            let side = side()
            let length = UInt64(pick(5000))
            offsets[Int(side.rawValue)] &+= length
            return .gap(side, length)
        case 3: return .conflict(range(offsets))
        case 4: return .forwarded(range(offsets), flip() ? [] : octets(12))
        case 5: return .injected(range(offsets))
        case 6:
            return .tls(
                TLSMark(
                    start: flip() ? .implicit : .starttls, isDecrypted: flip(), client: leg(),
                    upstream: flip() ? leg() : nil))
        case 7: return .trouble(Trouble(code: text(), text: text()))
        case 8: return .ended(Ending.allCases[pick(Ending.allCases.count)])
        case 9:
            let names = ["any", "word", "number", "lines", "re a\"\\d b", "250|25x", "+OK|-ERR"]
            guard let pattern = ReplyPattern(names[pick(names.count)]) else { return .eof(side()) }
            return .pattern(range(offsets), pattern)
        default:
            return .masked(Mask(range: range(offsets), kind: SecretKind.allCases[pick(SecretKind.allCases.count)]))
        }
    }

    mutating func endpoint() -> Endpoint {
        let addresses = [
            nil, IPAddress("192.0.2.7"), IPAddress("2001:db8::7"), IPAddress("::ffff:1.2.3.4"), IPAddress("::"),
        ]
        return Endpoint(address: addresses[pick(5)], port: UInt16(pick(65536)), name: optional())
    }

    mutating func trace() -> Trace {
        var trace = Trace(
            info: SessionInfo(
                source: text(), client: endpoint(), server: endpoint(),
                started: Timestamp(
                    nanoseconds: flip()
                        ? 0
                        : Int64.random(in: -4_000_000_000_000_000_000...4_000_000_000_000_000_000, using: &generator)),
                expecting: flip() ? nil : MailProtocol.allCases[pick(3)], expectsTLS: flip(), startSeen: flip(),
                isKnownMail: flip(), route: optional()))
        var time = trace.info.started
        var offsets: [UInt64] = [0, 0]
        for _ in 0..<pick(30) {
            if flip() { time = time.advanced(by: Int64(pick(3_000_000_000)) - (pick(9) == 0 ? 1_000_000 : 0)) }
            if pick(3) == 0 {
                trace.entries.append((time, .mark(mark(&offsets))))
                continue
            }
            let side = side()
            let octets = octets(20)
            let start = offsets[Int(side.rawValue)]
            // Masks that the writer can show inside the lines, and some that it can't.
            var place = UInt64(0)
            while flip(), place < UInt64(octets.count) {
                let length = UInt64(1 + pick(6))
                trace.entries.append(
                    (
                        time,
                        .mark(
                            .masked(
                                Mask(range: StreamRange(side, start &+ place, start &+ place &+ length), kind: .plain)))
                    ))
                place += length + UInt64(pick(3))
            }
            var said = octets
            // Patterns that stand where they can be shown inside the line, and some that do not.
            if place == 0, flip(), let pattern = ReplyPattern(flip() ? "2xx" : "re [a-z]+") {
                said = (flip() ? pattern.octets : []) + octets
                let range = StreamRange(side, start, start &+ UInt64(pattern.octets.count))
                trace.entries.append((time, .mark(.pattern(range, pattern))))
            }
            trace.entries.append((time, .chunk(side, said)))
            offsets[Int(side.rawValue)] &+= UInt64(said.count)
        }
        trace.ended = flip() ? time : time.advanced(by: Int64(pick(1_000_000)))
        return trace
    }
}
