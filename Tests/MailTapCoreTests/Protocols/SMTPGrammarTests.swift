import MailTapCore
import Testing

@Suite struct SMTPGrammarTests {
    @Test(arguments: [
        ("MAIL FROM:<a@example.org>", "a@example.org"),
        ("mail from:<>", ""),
        ("MAIL FROM: <a@b>", "a@b"),
        ("MAIL FROM:a@b SIZE=1", "a@b"),
        ("mail from:<@x,@y:a@b> SIZE=1", "@x,@y:a@b"),
        ("RCPT TO:<\"a>b \\\" c\"@example.org> NOTIFY=NEVER", "\"a>b \\\" c\"@example.org"),
        ("RCPT TO:<a@b", "a@b"),
        ("MAIL FROM :<a@b>", "a@b"),
        ("RCPT TO:<p\u{F6}stmaster@example.org>", "p\u{F6}stmaster@example.org"),
    ])
    func findsTheAddress(line: String, address: String) {
        #expect(SMTPGrammar.path(in: Array(line.utf8))?.address == address)
    }

    @Test(arguments: ["MAIL", "MAIL FROM", "MAIL <a@b>", "", ":", "MAIL:", "RCPT a@b", "MAIL FROMX:<a@b>"])
    func refusesWhatHasNoPath(line: String) {
        #expect(SMTPGrammar.path(in: Array(line.utf8)) == nil)
    }

    @Test func readsParameters() throws {
        let path = try #require(SMTPGrammar.pathArgument(in: Array("MAIL FROM:<a@b> size=12  SMTPUTF8 AUTH=<>".utf8)))
        #expect(path.parameters.map(\.key) == ["SIZE", "SMTPUTF8", "AUTH"])
        #expect(path.parameters.map(\.value) == ["12", nil, "<>"])
        #expect(path.lapses.isEmpty)
    }

    @Test(arguments: [
        ("MAIL FROM: <a@b>", SMTPPath.Lapses.spaceAfterColon), ("MAIL FROM :<a@b>", .spaceBeforeColon),
        ("MAIL FROM:a@b", .missingBrackets), ("MAIL FROM:<a@b", .missingCloseBracket),
        ("MAIL FROM:<a@b>SIZE=1", .textBehindBracket),
    ])
    func namesLapses(line: String, lapse: SMTPPath.Lapses) {
        #expect(SMTPGrammar.pathArgument(in: Array(line.utf8))?.lapses == lapse)
    }

    @Test func fallsBackToLatin1() {
        #expect(SMTPGrammar.path(in: Array("RCPT TO:<".utf8) + [0xE9] + Array("@b>".utf8))?.address == "\u{E9}@b")
    }

    @Test func decodesXtext() {
        #expect(SMTPGrammar.decodeXtext("a+2Bb+3Dc+zz+2") == "a+b=c+zz+2")
    }
}
