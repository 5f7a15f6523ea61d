import MailTapCore
import Testing

@testable import MailTapAnalysis

struct TrafficMetricsTests {
    private let info = SessionInfo(
        source: "test", client: Endpoint(address: IPAddress("192.0.2.7"), port: 50_000),
        server: Endpoint(address: IPAddress("192.0.2.25"), port: 25), started: Timestamp(nanoseconds: 0),
        expecting: .smtp, isKnownMail: true)

    /// Plays lines, each a side's letter and its text, one every 20 milliseconds.
    private func play(_ metrics: TrafficMetrics, _ lines: [String], marks: [Mark], endsIt: Bool = true) {
        let session = metrics.sink().open(info)
        var time = info.started
        for line in lines {
            time = time.advanced(by: 20_000_000)
            session.receive(
                [UInt8]((line.dropFirst(2) + "\r\n").utf8).span.bytes, from: line.first == "C" ? .client : .server,
                at: time)
        }
        for mark in marks { session.mark(mark, at: time) }
        if endsIt { session.end(at: time) }
    }

    @Test func sessionsRepliesMessagesAndFaultsAreCounted() {
        let metrics = TrafficMetrics()
        let lines = [
            "S 220 mx", "C EHLO x", "S 250 mx", "C MAIL FROM:<a@b.c>", "S 250 ok", "C RCPT TO:<d@e.f>", "S 250 ok",
            "C DATA", "S 354 go", "C Subject: x\r\n\r\nline\r\n.", "S 250 taken", "C NOOP\nNOOP", "S 250 ok",
            "S 250 ok", "C XYZZY", "S 500 what",
            "C QUIT", "S 221 bye",
        ]
        play(metrics, lines, marks: [.eof(.server), .eof(.client)])
        play(metrics, ["S +OK pop", "C STAT", "S +OK 0 0"], marks: [.reset(.client)])
        play(metrics, ["S 220 mx"], marks: [], endsIt: false)
        let text = metrics.current.text
        for line in [
            "mailtap_sessions_open 1",
            "mailtap_sessions_total{protocol=\"pop3\",ending=\"reset\"} 1",
            "mailtap_sessions_total{protocol=\"smtp\",ending=\"quit\"} 1",
            "mailtap_messages_total{protocol=\"smtp\"} 1",
            "mailtap_findings_total{rule=\"smtp.bare-lf\"} 1",
            "mailtap_reply_seconds_bucket{protocol=\"smtp\",verb=\"EHLO\",le=\"0.005\"} 0",
            "mailtap_reply_seconds_bucket{protocol=\"smtp\",verb=\"EHLO\",le=\"0.025\"} 1",
            "mailtap_reply_seconds_sum{protocol=\"smtp\",verb=\"EHLO\"} 0.02",
            "mailtap_reply_seconds_count{protocol=\"smtp\",verb=\"greeting\"} 2",
            "mailtap_reply_seconds_count{protocol=\"smtp\",verb=\"*data\"} 1",
            "mailtap_reply_seconds_count{protocol=\"smtp\",verb=\"other\"} 1",
            "mailtap_reply_seconds_count{protocol=\"pop3\",verb=\"STAT\"} 1",
        ] {
            #expect(text.split(separator: "\n").contains { $0 == line }, "\(line) in\n\(text)")
        }
    }

    @Test func whatAClientSaysMakesNoNewLabels() {
        let metrics = TrafficMetrics()
        play(metrics, ["S 220 mx"] + (0..<100).flatMap { ["C V\($0) \"}", "S 500 no"] }, marks: [.eof(.client)])
        let text = metrics.current.text
        #expect(text.contains("mailtap_reply_seconds_count{protocol=\"smtp\",verb=\"other\"} 100"))
        #expect(!text.contains("V1"))
    }

    @Test func octetsAreCountedBySide() {
        let metrics = TrafficMetrics()
        play(metrics, ["S 220 mx", "C QUIT"], marks: [])
        #expect(metrics.current.clientOctets == 6)
        #expect(metrics.current.serverOctets == 8)
    }
}
