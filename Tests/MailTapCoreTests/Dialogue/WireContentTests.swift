import Testing

@testable import MailTapCore

/// Content as SMTP and POP3 carry it.
@Suite struct WireContentTests {
    @Test(arguments: [
        ("", ".\r\n"),
        ("a\r\n", "a\r\n.\r\n"),
        ("no end", "no end\r\n.\r\n"),
        (".\r\n..\r\nx.\r\n", "..\r\n...\r\nx.\r\n.\r\n"),
        ("bare\n.\r\n", "bare\n.\r\n.\r\n"),
    ])
    func aDotThatBeginsALineIsDoubled(_ content: String, _ travels: String) {
        #expect(String(decoding: WireContent.stuffed(Array(content.utf8)), as: UTF8.self) == travels)
    }

    @Test(arguments: [
        (UInt32(0), "A: b\r\n\r\n"), (1, "A: b\r\n\r\none\r\n"), (9, "A: b\r\n\r\none\r\ntwo"),
    ])
    func theTopIsTheHeaderSectionAndSomeLines(_ lines: UInt32, _ top: String) {
        let content = Array("A: b\r\n\r\none\r\ntwo".utf8)
        #expect(String(decoding: WireContent.top(of: content, lines: lines), as: UTF8.self) == top)
    }
}
