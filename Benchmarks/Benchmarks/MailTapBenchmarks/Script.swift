import MailTapAnalysis
import MailTapCore

/// Dialogues to measure with.
enum Script {
    /// What one side says at a moment.
    struct Step: Sendable {
        var side: Side
        var octets: [UInt8]
        var time: Timestamp
    }

    /// A session on port 25 of a documentation address.
    static let info = SessionInfo(
        source: "benchmark", client: Endpoint(address: IPAddress(v4: 0xC000_0207), port: 50_112),
        server: Endpoint(address: IPAddress(v4: 0xC000_0219), port: 25), started: Timestamp(nanoseconds: 0),
        expecting: .smtp)

    /// Many short transactions in one session.
    static func shortMails(_ count: Int) -> [Step] {
        var lines: [(Side, String)] = [
            (.server, "220 x.example ESMTP\r\n"), (.client, "EHLO y.example\r\n"),
            (.server, "250-x.example\r\n250-SIZE 10000000\r\n250 PIPELINING\r\n"),
        ]
        for number in 0..<count {
            let message =
                "From: a\(number)@example.org\r\nSubject: number \(number)\r\nMessage-ID: <\(number)@example.org>\r\n"
                + "Date: Mon, 23 Nov 2026 06:01:02 +0000\r\n\r\n" + String(repeating: "A line of text.\r\n", count: 40)
            lines += [
                (.client, "MAIL FROM:<a\(number)@example.org> SIZE=2000\r\n"), (.server, "250 2.1.0 Ok\r\n"),
                (.client, "RCPT TO:<b\(number)@example.net>\r\n"), (.server, "250 2.1.5 Ok\r\n"),
                (.client, "DATA\r\n"), (.server, "354 go\r\n"),
                (.client, message + ".\r\n"), (.server, "250 2.0.0 Ok\r\n"),
            ]
        }
        lines += [(.client, "QUIT\r\n"), (.server, "221 bye\r\n")]
        return steps(lines)
    }

    /// One mail with a base64 part, in pieces as large as segments.
    static func largeMail(lines: Int) -> [Step] {
        steps([
            (.server, "220 x.example ESMTP\r\n"), (.client, "EHLO y.example\r\n"), (.server, "250 x.example\r\n"),
            (.client, "MAIL FROM:<a@example.org>\r\n"), (.server, "250 ok\r\n"),
            (.client, "RCPT TO:<b@example.net>\r\n"), (.server, "250 ok\r\n"),
            (.client, "DATA\r\n"), (.server, "354 go\r\n"), (.client, base64(lines) + ".\r\n"), (.server, "250 ok\r\n"),
            (.client, "QUIT\r\n"), (.server, "221 bye\r\n"),
        ])
    }

    /// The same, fetched by POP3.
    static func fetchedMail(lines: Int) -> [Step] {
        steps([
            (.server, "+OK x\r\n"), (.client, "RETR 1\r\n"), (.server, "+OK\r\n" + base64(lines) + ".\r\n"),
            (.client, "QUIT\r\n"), (.server, "+OK\r\n"),
        ])
    }

    /// The session that steps make.
    static func session(_ steps: [Step], _ options: SessionOptions = SessionOptions()) -> Session {
        let builder = SessionBuilder(info, options: options)
        for step in steps { builder.receive(step.octets.span.bytes, from: step.side, at: step.time) }
        builder.end(at: steps.last?.time ?? info.started)
        return builder.session
    }

    private static func base64(_ lines: Int) -> String {
        let line = "QSBsaW5lIG9mIGEgbWVzc2FnZSwgYXMgbG9uZyBhcyBiYXNlNjQgbWFrZXMgdGhlbSwgbm8gbW9y\r\n"
        return "Subject: large\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + String(repeating: line, count: lines)
    }

    private static func steps(_ lines: [(Side, String)]) -> [Step] {
        var time: Int64 = 0
        return lines.flatMap { side, text -> [Step] in
            let octets = Array(text.utf8)
            return stride(from: 0, to: octets.count, by: 1_448).map { start in
                time += 1_000_000
                return Step(
                    side: side, octets: Array(octets[start..<min(start + 1_448, octets.count)]),
                    time: Timestamp(nanoseconds: time))
            }
        }
    }
}

/// Counts events and content octets, so that nothing is optimised away.
struct EventCounter: DialogueHandler {
    var events = 0
    var octets = 0

    mutating func handle(_ event: Event, _ bytes: RawSpan) { events += 1 }
    mutating func content(_ bytes: RawSpan, from side: Side) { octets += bytes.byteCount }
}

/// Counts what sessions deliver.
final class CountingSink: TraceSink {
    private final class Session: SessionSink {
        let sink: CountingSink
        init(_ sink: CountingSink) { self.sink = sink }
        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) { sink.octets += bytes.byteCount }
        func mark(_ mark: Mark, at time: Timestamp) {}
        func end(at time: Timestamp) { sink.ended += 1 }
    }

    var octets = 0
    var ended = 0

    func open(_ info: SessionInfo) -> any SessionSink { Session(self) }
}
