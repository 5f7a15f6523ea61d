import MailTapCore
import Testing

@testable import MailTapProxy

struct StripTests {
    /// A session past its greeting.
    private func greeted(_ scheme: MailURL.Scheme = .smtp) -> Playbook {
        let book = Playbook.connected(stripsTLS: true, scheme: scheme)
        book.given(.server, says: scheme == .pop3 ? "+OK ready\r\n" : "220 mail.example.org ESMTP\r\n")
        _ = book.hears(.client)
        return book
    }

    static let lists: [(String, String)] = [
        ("250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n", "250-mx\r\n250 PIPELINING\r\n"),
        ("250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n", "250-mx\r\n250 PIPELINING\r\n"),
        ("250-mx\r\n250 starttls\r\n", "250 mx\r\n"),
        ("250-mx\r\n250-STARTTLS\r\n250 STARTTLS\r\n", "250 mx\r\n"),
        ("250-mx\r\n250 SIZE 1000\r\n", "250-mx\r\n250 SIZE 1000\r\n"),
        ("250 STARTTLS\r\n", "250 STARTTLS\r\n"),
        ("250-STARTTLS greets you\r\n250 STARTTLSX\r\n", "250-STARTTLS greets you\r\n250 STARTTLSX\r\n"),
        ("550-no\r\n550 STARTTLS\r\n", "550-no\r\n550 STARTTLS\r\n"),
    ]

    @Test(arguments: lists)
    func theOfferIsTakenOutOfAnEHLOReply(list: String, expected: String) {
        let whole = greeted()
        whole.given(.client, says: "EHLO there\r\n")
        #expect(whole.hears(.server) == "EHLO there\r\n")
        whole.given(.server, says: list)
        #expect(whole.hears(.client) == expected)
        let octets = Array(list.utf8)
        for cut in 1..<octets.count {
            let book = greeted()
            book.given(.client, says: "EHLO there\r\n")
            book.given(.server, says: Array(octets[..<cut]))
            book.given(.server, says: Array(octets[cut...]))
            #expect(book.hears(.client) == expected, "cut at \(cut)")
        }
        let dripped = greeted()
        dripped.given(.client, says: "EHLO there\r\n")
        for octet in octets { dripped.given(.server, says: [octet]) }
        #expect(dripped.hears(.client) == expected)
        #expect(dripped.recorded[.server].map { $0.suffix(octets.count) } == octets[...])
    }

    @Test func theRecordHoldsBothForms() {
        let book = greeted()
        book.given(.client, says: "EHLO there\r\n")
        _ = book.notes()
        book.given(.server, says: "250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n")
        let base = UInt64("220 mail.example.org ESMTP\r\n".utf8.count)
        #expect(
            book.notes() == [
                .forwarded(StreamRange(.server, base + 8, base + 18), Array("250 SIZE\r\n".utf8)),
                .forwarded(StreamRange(.server, base + 18, base + 32), []),
            ])
        #expect(
            book.recorded[.server]
                == Array("220 mail.example.org ESMTP\r\n250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n".utf8))
    }

    @Test func theOfferIsTakenOutOfACAPAListing() {
        for step in 1...20 {
            let book = greeted(.pop3)
            book.given(.client, says: "CAPA\r\n")
            let listing = Array("+OK list follows\r\nTOP\r\nSTLS\r\nUIDL\r\n.\r\n".utf8)
            for start in stride(from: 0, to: listing.count, by: step) {
                book.given(.server, says: Array(listing[start..<min(listing.count, start + step)]))
            }
            #expect(book.hears(.client) == "+OK list follows\r\nTOP\r\nUIDL\r\n.\r\n")
        }
    }

    @Test(arguments: [
        "STARTTLS\r\n", "starttls\r\n", "StartTLS \r\n", "STARTTLS\n", "  STARTTLS\r\n", "STARTTLS x\r\n",
    ])
    func aClientThatAsksIsAnsweredByMailTap(line: String) {
        for step in [1, 3, 100] {
            let book = greeted()
            _ = book.notes()
            let octets = Array(line.utf8)
            for start in stride(from: 0, to: octets.count, by: step) {
                book.given(.client, says: Array(octets[start..<min(octets.count, start + step)]))
            }
            #expect(book.hears(.server).isEmpty)
            let answer = book.hears(.client)
            #expect(answer.hasPrefix("502 5.5.1 "))
            let base = UInt64("220 mail.example.org ESMTP\r\n".utf8.count)
            #expect(
                book.notes() == [
                    .forwarded(StreamRange(.client, 0, UInt64(octets.count)), []),
                    .injected(StreamRange(.server, base, base + UInt64(answer.utf8.count))),
                ])
            #expect(book.recorded[.client] == octets)
            #expect(book.reads(.client))
            book.given(.client, says: "QUIT\r\n")
            book.given(.server, says: "221 bye\r\n")
            #expect(book.hears(.server) == "QUIT\r\n")
            #expect(book.hears(.client) == "221 bye\r\n")
        }
    }

    @Test func popClientsHearAnError() {
        let book = greeted(.pop3)
        book.given(.client, says: "STLS\r\n")
        #expect(book.hears(.client).hasPrefix("-ERR "))
        #expect(book.hears(.server).isEmpty)
    }

    @Test func thePipelinedCommandIsAnsweredInItsTurn() {
        let book = greeted()
        book.given(.client, says: "NOOP\r\nSTARTTLS\r\nRSET\r\n")
        #expect(book.hears(.server) == "NOOP\r\n")
        #expect(book.hears(.client).isEmpty)
        #expect(!book.reads(.client))
        book.given(.server, says: "250 noop\r\n")
        let heard = book.hears(.client)
        #expect(heard.hasPrefix("250 noop\r\n502 "))
        #expect(book.hears(.server) == "RSET\r\n")
        #expect(book.reads(.client))
        book.given(.server, says: "250 reset\r\n")
        #expect(book.hears(.client) == "250 reset\r\n")
    }

    @Test func behindAListingItWaitsForTheListingsEnd() {
        let book = greeted(.pop3)
        book.given(.client, says: "CAPA\r\nSTLS\r\n")
        #expect(book.hears(.server) == "CAPA\r\n")
        book.given(.server, says: "+OK\r\nTOP\r\nST")
        #expect(book.hears(.client) == "+OK\r\nTOP\r\n")
        book.given(.server, says: "LS\r\n.\r\n")
        #expect(book.hears(.client).hasPrefix(".\r\n-ERR "))
    }

    @Test func theWordInsideAMessageIsContent() {
        let book = greeted()
        book.given(.client, says: "DATA\r\n")
        book.given(.server, says: "354 go\r\n")
        _ = book.hears(.server)
        for line in ["STARTTLS\r\n", "text\r\nSTART", "TLS\r\nSTLS\r\n", ".\r\n"] {
            book.given(.client, says: line)
            #expect(book.hears(.server) == line)
        }
        book.given(.server, says: "250 taken\r\n")
        book.given(.client, says: "STARTTLS\r\n")
        #expect(book.hears(.server).isEmpty)
    }

    @Test func aChunkThatEndsInTheWordGoesOnWhole() {
        let book = greeted()
        book.given(.client, says: "BDAT 4 LAST\r\n\r\nST")
        #expect(book.hears(.server) == "BDAT 4 LAST\r\n\r\nST")
        book.given(.server, says: "250 taken\r\n")
        book.given(.client, says: "ARTTLS\r\n")
        #expect(book.hears(.server) == "ARTTLS\r\n")
    }

    @Test func theWordBehindARefusedDATAIsACommand() {
        let book = greeted()
        book.given(.client, says: "DATA\r\nSTARTTLS\r\nQUIT\r\n")
        #expect(book.hears(.server) == "DATA\r\n")
        book.given(.server, says: "503 no\r\n")
        #expect(book.hears(.client).hasPrefix("503 no\r\n502 "))
        #expect(book.hears(.server) == "QUIT\r\n")
    }

    @Test func theWordBehindATakenDATAIsContent() {
        let book = greeted()
        book.given(.client, says: "DATA\r\nSTARTTLS\r\n.\r\n")
        #expect(book.hears(.server) == "DATA\r\n")
        book.given(.server, says: "354 go\r\n")
        #expect(book.hears(.server) == "STARTTLS\r\n.\r\n")
        #expect(book.hears(.client) == "354 go\r\n")
    }

    @Test func anEndingClientsLastWordsGoOn() {
        let book = greeted()
        book.given(.client, says: "STAR")
        #expect(book.hears(.server).isEmpty)
        book.given(.eof(.client))
        #expect(book.hears(.server) == "STAR")
        #expect(book.does() == [.closeOutput(.server)])
    }

    @Test func anEndingServersLastWordsGoOn() {
        let book = greeted()
        book.given(.client, says: "EHLO x\r\n")
        book.given(.server, says: "250-mx\r\n250-SI")
        #expect(book.hears(.client).isEmpty)
        book.given(.eof(.server))
        #expect(book.hears(.client) == "250-mx\r\n250-SI")
    }

    @Test func ciphertextPassesAsItIs() {
        let book = Playbook.connected(stripsTLS: true, scheme: .smtps)
        let hello: [UInt8] = [22, 3, 1, 0, 4, 1, 2, 3, 4]
        book.given(.client, says: hello)
        #expect(Array(book.sent[.server] ?? []) == hello)
        book.given(.server, says: [22, 3, 3, 0, 2, 2, 0])
        #expect(book.sent[.client] == [22, 3, 3, 0, 2, 2, 0])
    }

    @Test func aHugeListIsNotHeld() {
        let book = greeted()
        book.given(.client, says: "EHLO x\r\n")
        book.given(.server, says: "250-" + String(repeating: "x", count: 200_000))
        #expect(book.hears(.client).utf8.count == 200_004)
    }
}
