import MailTapCore
import MailTapTesting
import Testing

/// Which dots of content are stuffing: the first octets of lines, and lines are what CRLF ends.
@Suite struct DotStuffingTests {
    /// What travels before the end mark, and what it stands for.
    static let contents = [
        ("..a\\r\\n..b\\r\\n...\\r\\n", ".a\r\n.b\r\n..\r\n"),
        // A server may take these for the end; this one does not.
        ("a\\r\\n.\\nb\\r\\n", "a\r\n\nb\r\n"),
        ("a\\r\\nb\\n.\\r\\nc\\r\\n", "a\r\nb\n.\r\nc\r\n"),
        // No line begins behind LF alone, or CR alone ...
        ("a\\r\\n\\n..b\\r\\n", "a\r\n\n..b\r\n"),
        ("a\\r\\nb\\r..c\\r\\n", "a\r\nb\r..c\r\n"),
        // ... but where the first line ends so.
        ("a\\n..b\\n.c\\n\\r\\n", "a\n.b\nc\n\r\n"),
    ]

    @Test(arguments: contents, [1, 2, 3, 64]) func ofMailData(_ content: (String, String), size: Int) {
        let script = Script("data", "S: 220 x ESMTP\nC: DATA\nS: 354 go\nC| \(content.0).\\r\\n\nS: 250 ok")
        let collected = EventCollector.collect(script.trace().cut(into: size))
        #expect(String(decoding: collected.content, as: UTF8.self) == content.1)
    }

    @Test(arguments: contents, [1, 2, 3, 64]) func ofRetrievedMessages(_ content: (String, String), size: Int) {
        let script = Script("retr", "S: +OK x\nC: RETR 1\nS| +OK\\r\\n\(content.0).\\r\\n\nC: QUIT\nS: +OK")
        let collected = EventCollector.collect(script.trace().cut(into: size))
        #expect(String(decoding: collected.content, as: UTF8.self) == content.1)
    }
}
