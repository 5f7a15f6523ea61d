import MailTapAnalysis
import MailTapCore
import MailTapExport
import Testing

@testable import mailtap

/// Sessions that other cores finish are the same, in the same order.
@Suite struct FinishingTests {
    /// More than the pool's bound holds, so that the reader has to help.
    @Test(arguments: [true, false]) func ordered(mayLag: Bool) throws {
        let count = 120
        var wishes = SessionGatherer.Wishes()
        wishes.order = .number
        var given: [Session] = []
        let gatherer = SessionGatherer(wishes) { given.append($0.session) }
        gatherer.mayLag = mayLag
        for number in 0..<count { play(number, into: gatherer.open(info)) }
        try gatherer.finish()
        #expect(given.map(\.number) == Array(1...count))
        for (number, session) in given.enumerated() {
            let builder = SessionBuilder(info)
            play(number, into: builder)
            #expect(session.messages == builder.session.messages)
            #expect(session.exchanges == builder.session.exchanges)
            #expect(session.messages.first?.bytes == UInt64(size(number)))
        }
    }

    @Test func failureEndsTheGiving() {
        struct Broken: Error {}
        var calls = 0
        let gatherer = SessionGatherer(SessionGatherer.Wishes()) { _ in
            calls += 1
            throw Broken()
        }
        for number in 0..<5 { play(number, into: gatherer.open(info)) }
        #expect(throws: Broken.self) { try gatherer.finish() }
        #expect(calls == 1)
    }

    private let info = SessionInfo(
        source: "test", client: Endpoint(address: IPAddress(v4: 1), port: 1),
        server: Endpoint(address: IPAddress(v4: 2), port: 25), started: Timestamp(nanoseconds: 0), expecting: .smtp)

    /// Some messages go to the pool in one piece, some in several.
    private func size(_ number: Int) -> Int { number % 3 == 0 ? 150_000 : 1_000 + number }

    private func play(_ number: Int, into session: any SessionSink) {
        let head = "Subject: \(number)\r\n\r\n"
        let content = head + String(repeating: "x", count: size(number) - head.utf8.count - 2) + "\r\n"
        let said: [(Side, String)] = [
            (.server, "220 s ESMTP\r\n"), (.client, "EHLO c.example\r\n"), (.server, "250 s\r\n"),
            (.client, "MAIL FROM:<a@x.example>\r\n"), (.server, "250 ok\r\n"),
            (.client, "RCPT TO:<b@y.example>\r\n"), (.server, "250 ok\r\n"), (.client, "DATA\r\n"),
            (.server, "354 go\r\n"), (.client, content), (.client, ".\r\n"), (.server, "250 ok\r\n"),
            (.client, "QUIT\r\n"), (.server, "221 bye\r\n"),
        ]
        for (index, (side, text)) in said.enumerated() {
            session.receive(Array(text.utf8).span.bytes, from: side, at: Timestamp(nanoseconds: Int64(index)))
        }
        session.end(at: Timestamp(nanoseconds: 100))
    }
}
