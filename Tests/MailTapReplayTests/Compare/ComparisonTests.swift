import MailTapAnalysis
import MailTapCore
import MailTapReplay
import Testing

@Suite struct ComparisonTests {
    private static let mail = """
        S: 220 mx ESMTP
        C: EHLO me
        S: 250-mx
        S: 250-SIZE 1000
        S: 250-AUTH PLAIN LOGIN
        S: 250 CHUNKING
        C: MAIL FROM:<a@b>
        S: 250 2.1.0 Ok
        C: RCPT TO:<c@d>
        S: 250 2.1.5 Ok
        C: RCPT TO:<x@d>
        S: 550 5.1.1 unknown
        C: DATA
        S: 354 go
        C: Date: Mon, 23 Nov 2026 10:00:00 +0000
        C: Message-ID: <1@me>
        C: Subject: x
        C: 
        C: text
        C: .
        S: 250 2.0.0 queued as ABC
        C: QUIT
        S: 221 2.0.0 bye
        """

    private func compare(
        _ before: String, _ after: String, _ proto: MailProtocol = .smtp, mode: Comparison.Mode = .semantic,
        normalizers: [Normalizer]? = nil
    ) -> SessionComparison {
        Comparison(mode: mode, normalizers: normalizers)
            .compare(recording(before, proto), with: recording(after, proto))
    }

    private func changed(_ changes: [(String, String)]) -> String {
        changes.reduce(Self.mail) { $0.replacing($1.0, with: $1.1) }
    }

    @Test func HELOStandsForEHLO() {
        let came = compare(Self.mail, Self.mail.replacing("EHLO me", with: "HELO me"))
        #expect(came.differences.map(\.kind) == [.command])
        #expect(came.differences.first?.why == "the client greets with HELO, not EHLO")
    }

    @Test func aSessionIsTheSameAsItself() {
        for mode in Comparison.Mode.allCases {
            #expect(compare(Self.mail, Self.mail, mode: mode).isSame)
        }
    }

    @Test func freeTextIsNoDifferenceButInExactMode() {
        let other = changed([
            ("queued as ABC", "queued as XYZ"), ("220 mx ESMTP", "220 mail ESMTP Postfix"), ("bye", "Bye"),
        ])
        #expect(compare(Self.mail, other).isSame)
        #expect(compare(Self.mail, other, mode: .exact).differences.map(\.kind) == [.text, .text, .text])
        let some = [Normalizer(.hosts), Normalizer(.queueIDs)]
        let normalized = compare(Self.mail, other, mode: .exact, normalizers: some)
        #expect(normalized.isSame)
        #expect(normalized.usedNormalizers == ["hosts", "queue-ids"])
    }

    @Test func namesTheStatusThatChanged() {
        let result = compare(Self.mail, changed([("250 2.1.5 Ok", "450 4.2.0 greylisted")]))
        #expect(result.differences.first?.kind == .status)
        #expect(result.differences.first?.exchange == 3)
        #expect(result.differences.first?.expected == "250 2.1.5 Ok")
        #expect(result.differences.first?.came == "450 4.2.0 greylisted")
        // The mail's envelope is another then.
        #expect(result.differences.map(\.kind) == [.status, .envelope])
        #expect(result.differences.last?.came == "to nobody, refused: c@d, x@d")
        #expect(compare(Self.mail, changed([("250 2.1.5 Ok", "250 2.1.6 Ok")])).differences.map(\.kind) == [.enhanced])
        #expect(compare(Self.mail, changed([("250 2.1.5 Ok", "250 2.1.6 Ok")]), mode: .status).isSame)
    }

    @Test func capabilitiesAreASet() {
        let order = changed([
            ("S: 250-SIZE 1000\n", ""), ("S: 250 CHUNKING", "S: 250-chunking\nS: 250 SIZE 1000"),
            ("PLAIN LOGIN", "LOGIN PLAIN"),
        ])
        #expect(compare(Self.mail, order).isSame)
        let other = changed([
            ("SIZE 1000", "SIZE 2000"), ("S: 250-AUTH PLAIN LOGIN\n", ""), ("250 CHUNKING", "250 DSN"),
        ])
        let result = compare(Self.mail, other).differences
        #expect(result.map(\.kind) == Array(repeating: .capability, count: 4))
        #expect(result.map(\.expected) == ["AUTH LOGIN PLAIN", "CHUNKING", "", "SIZE 1000"])
        #expect(result.map(\.came) == ["", "", "DSN", "SIZE 2000"])
    }

    @Test func findsExchangesMissingAndExtra() {
        let missing = changed([("C: RCPT TO:<x@d>\nS: 550 5.1.1 unknown\n", "")])
        let result = compare(Self.mail, missing).differences
        #expect(result.map(\.kind) == [.exchangeMissing])
        #expect(result.first { $0.kind == .exchangeMissing }?.expected == "RCPT TO:<x@d>")
        let extra = compare(missing, Self.mail).differences
        #expect(extra.first { $0.kind == .exchangeExtra }?.came == "RCPT TO:<x@d>")
    }

    @Test func aHandWrittenSessionNeedsNoGreeting() {
        var written = trace("C: EHLO me\nS: 250 mx\nC: QUIT\nS: 221 bye")
        written.info.startSeen = false
        let exchanges = RecordedSession(written).session.exchanges
        #expect(exchanges.map { $0.command?.verb } == ["EHLO", "QUIT"])
        #expect(exchanges.map { $0.reply?.status.text } == ["250", "221"])
    }

    @Test func eachChangeIsOneDifference() {
        let changes: [(String, String, Difference.Kind)] = [
            ("RCPT TO:<c@d>", "RCPT TO:<e@d>", .envelope), ("RCPT TO:<x@d>", "RCPT TO:<y@d>", .envelope),
            ("MAIL FROM:<a@b>", "MAIL FROM:<z@b>", .envelope), ("250 2.1.0 Ok", "252 2.1.0 Ok", .status),
            ("250 2.0.0 queued", "250 2.6.0 queued", .enhanced), ("S: 250 CHUNKING", "S: 250 DSN", .capability),
            ("C: text", "C: tixt", .messageDigest), ("C: text", "C: texts", .messageSize),
        ]
        for (old, new, kind) in changes {
            let differences = compare(Self.mail, changed([(old, new)])).differences
            #expect(differences.allSatisfy { $0.kind == kind }, "\(old)")
            #expect(differences.count == (kind == .capability ? 2 : 1), "\(old)")
        }
    }

    @Test func howACommandIsWrittenIsNoDifferenceButInExactMode() {
        let other = changed([("RCPT TO:<c@d>", "rcpt to: <c@D>"), ("MAIL FROM:<a@b>", "Mail From:<a@b> SIZE=9")])
        #expect(compare(Self.mail, other).isSame)
        #expect(compare(Self.mail, other, mode: .exact).differences.map(\.kind) == [.command, .command])
        let moved = other.replacing(
            "C: rcpt to: <c@D>\nS: 250 2.1.5 Ok\nC: RCPT TO:<x@d>\nS: 550 5.1.1 unknown\n",
            with: "C: RCPT TO:<x@d>\nS: 550 5.1.1 unknown\nC: rcpt to: <c@D>\nS: 250 2.1.5 Ok\n")
        #expect(compare(Self.mail, moved).isSame)
    }

    @Test func theFirstDifferenceOfTwoMessagesIsShown() {
        let other = changed([("C: text", "C: texts"), ("<1@me>", "<2@me>")])
        let difference = compare(Self.mail, other).differences.first
        #expect(difference?.excerpt?.line == 5)
        #expect(difference?.excerpt?.expected == ["Subject: x", "", "text", ""])
        #expect(difference?.excerpt?.came == ["Subject: x", "", "texts", ""])
    }

    @Test func theOrderOfRecipientsIsNoDifferenceButInExactMode() {
        let two = "C: RCPT TO:<c@d>\nS: 250 2.1.5 Ok\nC: RCPT TO:<x@d>\nS: 550 5.1.1 unknown\n"
        let swapped = "C: RCPT TO:<x@d>\nS: 550 5.1.1 unknown\nC: RCPT TO:<c@d>\nS: 250 2.1.5 Ok\n"
        #expect(compare(Self.mail, changed([(two, swapped)])).isSame)
        #expect(!compare(Self.mail, changed([(two, swapped)]), mode: .exact).isSame)
    }

    @Test func aRuleOfTheUsersReachesMessagesToo() throws {
        let other = changed([("C: text", "C: token=77")])
        let before = Self.mail.replacing("C: text", with: "C: token=5")
        let rule = Normalizer(name: "tokens", pattern: try TextPattern("token=[0-9]+"))
        let result = compare(before, other, normalizers: Normalizer.builtins + [rule])
        #expect(result.isSame)
        #expect(result.usedNormalizers == ["tokens"])
        #expect(!compare(before, other).isSame)
    }

    @Test func anotherArgumentIsAnotherExchange() {
        let before = "S: +OK\nC: STAT\nS: +OK 2 90\nC: DELE 1\nS: +OK\nC: QUIT\nS: +OK"
        #expect(
            compare(before, before.replacing("DELE 1", with: "DELE 2"), .pop3).differences.map(\.kind) == [.command])
        #expect(
            compare(before, before.replacing("OK 2 90", with: "OK 3 90"), .pop3).differences.map(\.kind) == [
                .messageCount
            ])
        #expect(compare(before, before.replacing("OK 2 90", with: "OK 2 91"), .pop3).isSame)
    }

    @Test func datesAndIdsOfAMessageAreNoDifference() {
        let other = changed([("10:00:00", "11:11:11"), ("<1@me>", "<2222@me>")])
        let result = compare(Self.mail, other)
        #expect(result.isSame)
        #expect(result.usedNormalizers == ["dates", "message-ids"])
        #expect(compare(Self.mail, other, mode: .exact).differences.map(\.kind) == [.messageSize])
        #expect(compare(Self.mail, changed([("C: text", "C: tixt")])).differences.map(\.kind) == [.messageDigest])
        #expect(compare(Self.mail, changed([("C: text", "C: more text")])).differences.map(\.kind) == [.messageSize])
    }

    @Test func boundariesAreNoDifference() {
        let before = changed([
            ("C: Subject: x", "C: Content-Type: multipart/mixed;\nC: \tboundary=\"abc\""),
            ("C: text", "C: --abc\nC: \nC: x\nC: --abc--"),
        ])
        let result = compare(before, before.replacing("abc", with: "0123456789"))
        #expect(result.isSame)
        #expect(result.usedNormalizers == ["boundaries"])
        #expect(!compare(before, before.replacing("\"abc\"", with: "\"abd\"")).isSame)
    }

    private static let fetch = """
        S: +OK ready <1.2@mx>
        C: USER a
        S: +OK
        C: PASS b
        S: +OK in
        C: LIST
        S: +OK
        S: 1 100
        S: .
        C: UIDL
        S: +OK
        S: 1 abc
        S: .
        C: RETR 1
        S: +OK 100 octets
        S: Received: from x by y;
        S:  Mon, 23 Nov 2026 10:00:00 +0000
        S: Subject: x
        S: 
        S: text
        S: .
        C: QUIT
        S: +OK bye
        """

    @Test func traceFieldsOfFetchedMailAreNoDifference() {
        let other = Self.fetch.replacing("10:00:00", with: "12:34:56 (again)").replacing("1 100", with: "1 109")
            .replacing("1 abc", with: "1 xyz")
        let result = compare(Self.fetch, other, .pop3)
        #expect(result.isSame)
        #expect(result.usedNormalizers == ["listed-sizes", "trace-fields", "uidl"])
        let kinds = compare(Self.fetch, other, .pop3, mode: .exact).differences.map(\.kind)
        #expect(kinds == [.text, .text, .messageSize])
        let more = Self.fetch.replacing("S: 1 100", with: "S: 1 100\nS: 2 50")
        #expect(compare(Self.fetch, more, .pop3).differences.map(\.kind) == [.messageCount])
        let refused = Self.fetch.replacing("S: +OK in", with: "S: -ERR [AUTH] no")
        #expect(compare(Self.fetch, refused, .pop3).differences.first?.kind == .status)
    }

    @Test func anotherProtocolIsTold() {
        let one = recording(Self.mail)
        let other = Comparison().compare(one, with: recording(Self.fetch, .pop3))
        #expect(other.differences.map(\.kind) == [.proto])
    }

    @Test func usersAddNormalizers() throws {
        let rule = Normalizer(name: "tail", pattern: try TextPattern("as [A-Z]+"))
        let other = changed([("queued as ABC", "queued as XYZ")])
        #expect(compare(Self.mail, other, mode: .exact, normalizers: [rule]).isSame)
    }

    @Test(arguments: Normalizer.Builtin.allCases)
    func everyNormalizerIsExplained(builtin: Normalizer.Builtin) {
        #expect(Normalizer(builtin).summary.count > 10)
        #expect(Normalizer(builtin).name == builtin.rawValue)
    }

    @Test(arguments: [
        (Normalizer.Builtin.dates, "250 ok Mon, 23 Nov 2026 10:00:00 +0000 (UTC)", "250 ok {dates}"),
        (.dates, "at 2026-11-23T10:00:00Z now", "at {dates} now"),
        (.queueIDs, "Ok: queued as 4F3A1.x-1", "Ok: queued as {queue-ids}"),
        (.queueIDs, "OK id=1rA2b3-0004-Xy", "OK id={queue-ids}"),
        (.messageIDs, "+OK ready <1896.697170952@dbc.mtview.ca.us>", "+OK ready {message-ids}"),
        (.addresses, "hello [192.0.2.1]:4711 there", "hello {addresses} there"),
        (.processIDs, "smtpd[4711]: hi", "smtpd{pids}: hi"),
    ])
    func normalizesText(builtin: Normalizer.Builtin, before: String, after: String) {
        #expect(Normalizer(builtin).applied(to: before) == after)
    }
}
