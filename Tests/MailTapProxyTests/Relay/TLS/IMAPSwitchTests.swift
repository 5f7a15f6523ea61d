import MailTapCore
import Testing

@testable import MailTapProxy

/// STARTTLS in IMAP: tagged, with literals before it, whatever the segmentation.
@Suite struct IMAPSwitchTests {
    private static let leg = SwitchTests.leg

    private static func book() -> Playbook { SwitchTests.book(.follow(implicit: false), scheme: .imap) }

    @Test(arguments: [1, 2, 5, 100]) func theTaggedOKBeginsTLS(step: Int) {
        let book = Self.book()
        for piece in Array("* OK ready\r\n".utf8).cut(step) { book.given(.server, says: piece) }
        for piece in Array("a1 CAPABILITY\r\n".utf8).cut(step) { book.given(.client, says: piece) }
        for piece in Array("* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n".utf8).cut(step) {
            book.given(.server, says: piece)
        }
        for piece in Array("a2 starttls\r\n".utf8).cut(step) { book.given(.client, says: piece) }
        #expect(book.hears(.server) == "a1 CAPABILITY\r\na2 starttls\r\n")
        _ = book.hears(.client)
        for piece in Array("* OK still here\r\na2 OK go\r\n".utf8).cut(step) { book.given(.server, says: piece) }
        #expect(book.hears(.client) == "* OK still here\r\n", "the agreement waits for the server's leg")
        #expect(book.does().contains(.startTLS(.server, TLSOpening())))
        book.given(.tlsDone(.server, Self.leg))
        #expect(book.hears(.client) == "a2 OK go\r\n")
        book.given(.client, says: SwitchTests.hello)
        book.given(.tlsDone(.client, Self.leg))
        book.given(.client, says: "a3 LOGIN alice secret\r\n")
        #expect(book.hears(.server) == "a3 LOGIN alice secret\r\n")
        book.given(.server, says: "a3 OK\r\n")
        #expect(book.hears(.client) == "a3 OK\r\n")
        let said = "a1 CAPABILITY\r\na2 starttls\r\na3 LOGIN alice secret\r\n"
        #expect(book.recorded[.client] == Array(said.utf8))
    }

    @Test(arguments: ["a2 NO not now\r\n", "a2 BAD what\r\n"]) func aRefusalGoesOn(answer: String) {
        let book = Self.book()
        book.given(.server, says: "* OK ready\r\n")
        book.given(.client, says: "a2 STARTTLS\r\n")
        _ = book.hears(.client)
        book.given(.server, says: answer)
        #expect(book.hears(.client) == answer)
        book.given(.client, says: "a3 LOGOUT\r\n")
        #expect(book.hears(.server) == "a2 STARTTLS\r\na3 LOGOUT\r\n")
    }

    @Test func anotherTagsResponseIsNoAgreement() {
        let book = Self.book()
        book.given(.server, says: "* OK ready\r\n")
        book.given(.client, says: "a1 NOOP\r\na2 STARTTLS\r\n")
        book.given(.server, says: "a1 OK done\r\n")
        #expect(book.hears(.client) == "* OK ready\r\na1 OK done\r\n")
        #expect(!book.does().contains { if case .startTLS = $0 { true } else { false } })
    }

    @Test(arguments: [1, 100]) func aLiteralIsNoCommand(step: Int) {
        let book = Self.book()
        book.given(.server, says: "* OK ready\r\n")
        let said = "a1 APPEND x {13+}\r\na2 STARTTLS\r\n\r\na3 NOOP\r\n"
        for piece in Array(said.utf8).cut(step) { book.given(.client, says: piece) }
        book.given(.server, says: "a2 OK go\r\n")
        #expect(book.hears(.client) == "* OK ready\r\na2 OK go\r\n")
        #expect(!book.does().contains { if case .startTLS = $0 { true } else { false } })
    }
}
