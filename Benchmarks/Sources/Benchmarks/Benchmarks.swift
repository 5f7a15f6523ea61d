import MailTapCore

/// What the decoder costs: octets a second, the median of seven runs, with minimum and maximum beside it.
@main
enum Benchmarks {
    static func main() {
        print("benchmark                        MB/s  (min - max)")
        let body = String(
            repeating: "A line of a message, as long as base64 makes them, no dot in front of it.....\r\n",
            count: 600_000)
        run("decode/smtp-small-commands", small(2_000))
        run(
            "decode/smtp-data-48MB",
            [
                (.server, "220 x ESMTP\r\n"), (.client, "EHLO y\r\n"), (.server, "250 ok\r\n"), (.client, "DATA\r\n"),
                (.server, "354 go\r\n"), (.client, body + ".\r\n"), (.server, "250 ok\r\n"),
            ])
        run(
            "decode/pop3-retr-48MB",
            [
                (.server, "+OK x\r\n"), (.client, "RETR 1\r\n"), (.server, "+OK\r\n" + body + ".\r\n"),
            ])
    }

    /// Many short transactions in one session.
    private static func small(_ count: Int) -> [(Side, String)] {
        var steps: [(Side, String)] = [
            (.server, "220 x ESMTP\r\n"), (.client, "EHLO y\r\n"), (.server, "250-y\r\n250 PIPELINING\r\n"),
        ]
        for number in 0..<count {
            steps += [
                (.client, "MAIL FROM:<a\(number)@example.org> SIZE=2000\r\n"), (.server, "250 2.1.0 Ok\r\n"),
                (.client, "RCPT TO:<b\(number)@example.net>\r\n"), (.server, "250 2.1.5 Ok\r\n"),
                (.client, "DATA\r\n"), (.server, "354 go\r\n"),
                (.client, "Subject: \(number)\r\n\r\nshort\r\n.\r\n"), (.server, "250 2.0.0 Ok\r\n"),
            ]
        }
        return steps
    }

    private static func run(_ name: String, _ steps: [(Side, String)]) {
        let chunks = steps.flatMap { side, text -> [(Side, [UInt8])] in
            let octets = Array(text.utf8)
            return stride(from: 0, to: octets.count, by: 65_536).map {
                (side, Array(octets[$0..<min($0 + 65_536, octets.count)]))
            }
        }
        let octets = chunks.reduce(0) { $0 + $1.1.count }
        var rates: [Double] = []
        for _ in 0..<8 {
            var counter = Counter()
            var dialogue = Dialogue(isKnownMail: true)
            let time = ContinuousClock().measure {
                for (side, chunk) in chunks {
                    dialogue.receive(chunk.span.bytes, from: side, at: Timestamp(nanoseconds: 0), &counter)
                }
                dialogue.end(at: Timestamp(nanoseconds: 0), &counter)
            }
            precondition(counter.events > 0, "nothing was decoded")
            rates.append(
                Double(octets) / 1e6 / (Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds)))
        }
        // The first run warms the caches up.
        let sorted = rates.dropFirst().sorted()
        let figures = [sorted[3], sorted[0], sorted[6]].map { "\(Int($0.rounded()))" }
        let padding = String(repeating: " ", count: max(1, 32 - name.count))
        print("\(name)\(padding)\(figures[0])  (\(figures[1]) - \(figures[2]))")
    }
}

/// Counts events and content octets, so that nothing is optimised away.
struct Counter: DialogueHandler {
    var events = 0
    var octets = 0

    mutating func handle(_ event: Event, _ bytes: RawSpan) { events += 1 }
    mutating func content(_ bytes: RawSpan, from side: Side) { octets += bytes.byteCount }
}
