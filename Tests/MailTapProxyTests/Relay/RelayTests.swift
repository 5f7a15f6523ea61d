import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapProxy

struct RelayTests {
    @Test func nothingIsReadFromTheClientBeforeTheServerIsConnected() {
        let book = Playbook()
        #expect(!book.reads(.client))
        book.given(.connected)
        #expect(book.reads(.client))
        #expect(book.does() == [.resumeReads(.client)])
    }

    @Test func forwardsTheBufferAndRecordsIt() {
        var relay = Relay(RelaySettings(server: MailURL(scheme: .smtp, host: "m")), at: Timestamp(nanoseconds: 0))
        var effects: [RelayEffect] = []
        relay.handle(.connected, at: Timestamp(nanoseconds: 1), into: &effects)
        effects = []
        relay.receive([0, 255, 10].span.bytes, from: .server, at: Timestamp(nanoseconds: 2), into: &effects)
        #expect(effects == [.recordReceived(.server), .forward(from: .server)])
    }

    @Test(arguments: Side.allCases)
    func halfCloseGoesThroughAndTheOtherDirectionStays(side: Side) {
        let book = Playbook.connected()
        book.given(.eof(side))
        #expect(book.does() == [.closeOutput(side.peer)])
        #expect(book.notes() == [.eof(side)])
        book.given(side.peer, says: "still here")
        #expect(book.hears(side) == "still here")
        book.given(.eof(side.peer))
        #expect(book.does() == [.closeOutput(side)])
        book.given(.closed(.client, .finished))
        #expect(book.does().isEmpty)
        book.given(.closed(.server, .finished))
        #expect(book.does() == [.end])
        #expect(book.notes() == [.eof(side.peer)])
    }

    @Test(arguments: Side.allCases)
    func aResetBecomesAReset(side: Side) {
        let book = Playbook.connected()
        book.given(.closed(side, .reset))
        #expect(book.does() == [.reset(side.peer)])
        #expect(book.notes() == [.reset(side)])
        book.given(.closed(side.peer, .finished))
        #expect(book.does() == [.end])
        #expect(book.notes().isEmpty)
    }

    @Test(arguments: Side.allCases)
    func aSideThatTakesNothingStopsReadingFromTheOther(side: Side) {
        let book = Playbook.connected()
        book.given(.writable(side, false))
        #expect(book.does() == [.pauseReads(side.peer)])
        #expect(book.reads(side))
        #expect(!book.reads(side.peer))
        book.given(.recorderLags(true))
        #expect(book.does() == [.pauseReads(side)])
        book.given(.writable(side, true))
        #expect(book.does().isEmpty)
        book.given(.recorderLags(false))
        #expect(Set(book.does().map(String.init(describing:))).count == 2)
        #expect(book.reads(.client) && book.reads(.server))
    }

    @Test(arguments: [
        (MailURL.Scheme.smtp, "421 4.3.2 "), (.submission, "421 4.3.2 "), (.lmtp, "421 4.3.2 "),
        (.pop3, "-ERR [SYS/TEMP] "), (.imap, "* BYE [UNAVAILABLE] "),
    ])
    func anUnreachableServerIsToldToTheClient(scheme: MailURL.Scheme, begins: String) throws {
        let book = Playbook(RelaySettings(server: MailURL(scheme: scheme, host: "mail.example.org", port: 1)))
        book.given(.connectFailed("Connection refused"))
        let heard = book.hears(.client)
        #expect(heard.hasPrefix(begins))
        #expect(heard.hasSuffix("mail.example.org:1: Connection refused\r\n"))
        #expect(heard.utf8.count <= 512)
        #expect(book.recorded[.server] == Array(heard.utf8))
        let marks = book.notes()
        #expect(marks.count == 2)
        guard case .trouble(let trouble) = marks.first else {
            Issue.record("no trouble in \(marks)")
            return
        }
        #expect(trouble.code == "connect-failed")
        #expect(marks.last == .injected(StreamRange(.server, 0, UInt64(heard.utf8.count))))
        #expect(
            book.does()
                == [.closeOutput(.client), .resumeReads(.client), .schedule(.farewell, after: 5_000_000_000)])
        book.given(.client, says: "EHLO there\r\n")
        #expect(book.notes() == [.forwarded(StreamRange(.client, 0, 12), [])])
        #expect(book.hears(.server).isEmpty)
        book.given(.eof(.client))
        book.given(.closed(.client, .finished))
        #expect(book.does() == [.end])
    }

    @Test func nothingIsSaidInClearWhereTLSComesFirst() {
        let book = Playbook(RelaySettings(server: MailURL(scheme: .smtps, host: "mail.example.org")))
        book.given(.connectFailed("no answer in time"))
        #expect(book.hears(.client).isEmpty)
        #expect(book.does().first == .closeOutput(.client))
    }

    @Test func hostileReasonsStayOnOneLine() {
        let book = Playbook(RelaySettings(server: MailURL(scheme: .smtp, host: "m")))
        book.given(.connectFailed("no\r\n250 ok" + String(repeating: "ü", count: 5_000)))
        let heard = book.hears(.client)
        #expect(heard.utf8.filter { $0 == 10 }.count == 1)
        #expect(heard.utf8.count <= 512)
    }

    @Test func aClientThatLingersAfterTheFarewellIsClosed() {
        let book = Playbook()
        book.given(.connectFailed("x"))
        _ = book.does()
        book.given(.timer(.farewell))
        #expect(book.does() == [.close(.client)])
        book.given(.closed(.client, .finished))
        #expect(book.does() == [.end])
        #expect(!book.notes().contains(.eof(.client)))
    }

    @Test func silenceEndsTheSessionOnlyWhenItIsLongEnough() {
        var settings = RelaySettings(server: MailURL(scheme: .smtp, host: "m"))
        settings.idleTimeout = 1_000
        let book = Playbook(settings)
        book.given(.connected)
        #expect(book.does() == [.resumeReads(.client), .schedule(.idle, after: 1_000)])
        book.given(.client, says: "x", after: 600)
        book.given(.timer(.idle), after: 400)
        #expect(book.does() == [.schedule(.idle, after: 600)])
        book.given(.timer(.idle), after: 600)
        #expect(book.does() == [.close(.client), .close(.server)])
        #expect(book.notes() == [.ended(.timeout)])
        book.given(.closed(.client, .finished))
        book.given(.closed(.server, .finished))
        #expect(book.does() == [.end])
        #expect(book.notes().isEmpty)
    }

    @Test func aKillEndsEverythingOnce() {
        let book = Playbook.connected()
        book.given(.kill)
        book.given(.kill)
        #expect(book.does() == [.close(.client), .close(.server)])
        #expect(book.notes() == [.ended(.killed)])
        book.given(.server, says: "too late")
        #expect(book.hears(.client).isEmpty)
        #expect(book.recorded[.server] == [])
    }

    @Test func aClientThatLeavesWhileTheServerIsBeingConnected() {
        let book = Playbook()
        book.given(.eof(.client))
        #expect(book.does().isEmpty)
        book.given(.connected)
        #expect(book.does().first == .closeOutput(.server))
        let aborted = Playbook()
        aborted.given(.closed(.client, .reset))
        #expect(aborted.does() == [.reset(.server)])
        aborted.given(.closed(.server, .finished))
        #expect(aborted.does() == [.end])
    }

    @Test(arguments: 0..<50)
    func outputEqualsInputForAnyChunking(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for strips in [false, true] {
            let book = Playbook.connected(stripsTLS: strips)
            var said: [Side: [UInt8]] = [.client: [], .server: []]
            for _ in 0..<100 {
                let side: Side = Bool.random(using: &random) ? .client : .server
                // Lines, dots, digits and anything at all, but no word that strip mode acts on.
                let alphabet: [UInt8] = [10, 13, 46, 50, 53, 48, 45, 32, 0, 255, 65, 77]
                let bytes = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                }
                said[side, default: []] += bytes
                book.given(side, says: bytes)
            }
            book.given(.eof(.client))
            book.given(.eof(.server))
            for side in Side.allCases {
                #expect(book.sent[side.peer] == said[side])
                #expect(book.recorded[side] == said[side])
            }
        }
    }
}
