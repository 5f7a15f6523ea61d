import MailTapAnalysis
import MailTapCore
import MailTapTesting
import Testing

@Suite struct ReplyTextTests {
    @Test(arguments: [
        ("250 text", "text"), ("250\ttext", "text"), ("250xtext", "xtext"), ("250", ""), ("250 ", ""),
        ("250: a", ": a"),
    ])
    func `the text behind a code is whole, with or without separator`(_ line: String, _ text: String) {
        let script = Script("reply", "S: 220 x\nC: EHLO a.example\nS: \(line)\nC: QUIT\nS: 221 y\n")
        let trace = script.trace()
        let builder = SessionBuilder(trace.info)
        trace.play(into: builder)
        let reply = builder.session.exchanges.dropFirst().first?.reply
        #expect(reply?.status == ReplyStatus(rawValue: 250))
        #expect(reply?.lines.map { $0.text().text } == [text])
    }
}
