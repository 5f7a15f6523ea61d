import MailTapServer
import Testing

@Suite struct POP3ServerSessionTests {
    private let login = """
        C: USER alice
        S: +OK Password, please
        C: PASS se cret
        S: +OK maildrop has 2 messages

        """
    private let mails = ["Subject: a\r\n\r\n.dot\r\nline 2\r\nline 3\r\n", "Subject: b\r\n\r\nno end"]

    @Test func servesMessagesStuffed() {
        let (removed, closed) = playPOP3(
            login + """
                C: STAT
                S: +OK 2 56
                C: LIST
                S: +OK 2 messages (56 octets)
                S: 1 36
                S: 2 20
                S: .
                C: LIST 2
                S: +OK 2 20
                C: UIDL
                S: +OK unique-ids follow
                S: 1 mt00000001
                S: 2 mt00000002
                S: .
                C: UIDL 1
                S: +OK 1 mt00000001
                C: RETR 1
                S: +OK 36 octets
                S: Subject: a
                S: 
                S: ..dot
                S: line 2
                S: line 3
                S: .
                C: RETR 2
                S: +OK 20 octets
                S: Subject: b
                S: 
                S: no end
                S: .
                C: TOP 1 1
                S: +OK the top follows
                S: Subject: a
                S: 
                S: ..dot
                S: .
                C: TOP 1 0
                S: +OK the top follows
                S: Subject: a
                S: 
                S: .
                C: QUIT
                S: +OK mx.test closes the connection
                """, messages: mails)
        #expect(removed == nil)
        #expect(closed)
    }

    @Test func updateRemovesWhatWasMarked() {
        let (removed, _) = playPOP3(
            login + """
                C: DELE 1
                S: +OK message 1 marked for deletion
                C: RETR 1
                S: -ERR No such message
                C: RSET
                S: +OK 2 messages (56 octets)
                C: DELE 2
                S: +OK message 2 marked for deletion
                C: DELE 2
                S: -ERR No such message
                C: STAT
                S: +OK 1 36
                C: QUIT
                S: +OK mx.test closes the connection
                """, messages: mails)
        #expect(removed == [2])
    }

    @Test func quitBeforeLoginUpdatesNothing() {
        let (removed, closed) = playPOP3("C: QUIT\nS: +OK mx.test closes the connection", messages: mails)
        #expect(removed == nil)
        #expect(closed)
    }

    /// RFC 1939 section 7's own example, with its stamp and `tanstaaf`.
    @Test func apopOfTheStandard() {
        playPOP3(
            """
            C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
            S: +OK maildrop has 0 messages
            C: NOOP
            S: +OK nothing done
            """
        ) { $0.accounts = ["mrose": "tanstaaf"] }
        playPOP3("C: APOP mrose c4c9334bac560ecc979e58001b3e22fc\nS: -ERR [AUTH] Credentials invalid")
    }

    @Test func authenticatesWithSASL() {
        playPOP3("C: AUTH PLAIN AGFsaWNlAHNlIGNyZXQ=\nS: +OK maildrop has 0 messages")
        playPOP3(
            """
            C: AUTH PLAIN
            S: + 
            C: AGFsaWNlAHNlIGNyZXQ=
            S: +OK maildrop has 0 messages
            """)
        playPOP3("C: AUTH PLAIN\nS: + \nC: *\nS: -ERR Authentication cancelled\nC: NOOP\nS: -ERR Log in first")
        playPOP3("C: AUTH\nS: +OK mechanisms follow\nS: PLAIN\nS: LOGIN\nS: CRAM-MD5\nS: .")
    }

    @Test func refusesInOrder() {
        playPOP3(
            """
            C: STAT
            S: -ERR Log in first
            C: PASS x
            S: -ERR USER comes first
            C: USER alice
            C: PASS wrong
            S: +OK Password, please
            S: -ERR [AUTH] Credentials invalid
            C: USER alice
            C: PASS se cret
            S: +OK Password, please
            S: -ERR [IN-USE] Another session holds the maildrop
            """, messages: nil)
        playPOP3(
            login + """
                C: RETR 3
                S: -ERR No such message
                C: RETR 99999999999999999999
                S: -ERR No such message
                C: RETR
                S: -ERR Wrong number of arguments
                C: TOP 1 x
                S: -ERR TOP message lines expected
                C: USER bob
                S: -ERR Logged in already
                C: CAPA
                S: +OK capabilities follow
                S: TOP
                S: UIDL
                S: USER
                S: SASL PLAIN LOGIN CRAM-MD5
                S: RESP-CODES
                S: AUTH-RESP-CODE
                S: PIPELINING
                S: EXPIRE NEVER
                S: IMPLEMENTATION MailTap
                S: .
                """, messages: mails)
    }
}
