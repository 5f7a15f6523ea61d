import MailTapCore
import Testing

@testable import MailTapAnalysis

@Suite struct VerbTests {
    @Test(arguments: ["", "A", "QUIT", "STARTTLS", "*data", "*auth", "X-Y"])
    func `a short word is spelled as it was`(word: String) {
        let verb = Verb(word)
        #expect(verb.description == word)
        var octets: [UInt8] = []
        verb.append(to: &octets)
        #expect(octets == Array(word.utf8))
        #expect(Command(verb: word, line: WireText([])).verb == word)
        #expect(verb.first == word.utf8.first ?? 0)
    }

    @Test(arguments: ["STARTTLSX", "GRÜSS", "A\u{0}", "*LONGERWORD"])
    func `a word that does not fit is kept beside its verb`(word: String) {
        var command = Command(verb: word, line: WireText([]))
        #expect(command.keyword == .long)
        #expect(command.verb == word)
        #expect(command.isStarred == word.hasPrefix("*"))
        #expect(command != Command(verb: word + "X", line: WireText([])))
        command.verb = "QUIT"
        #expect(command.keyword == .quit)
        #expect(command == Command(verb: "QUIT", line: WireText([])))
    }

    @Test func `every known command has its constant`() {
        let constants: [Verb] = [
            .helo, .ehlo, .lhlo, .mail, .rcpt, .data, .bdat, .rset, .noop, .quit, .vrfy, .expn, .help, .auth, .starttls,
            .etrn, .atrn, .turn, .burl, .xclient, .xforward, .send, .soml, .saml, .user, .pass, .apop, .stls, .capa,
            .stat, .list, .uidl, .retr, .top, .dele, .utf8, .lang, .last, .xtnd,
        ]
        let known = SMTPVerb.allCases.map(\.keyword) + POP3Verb.allCases.map(\.keyword)
        #expect(Set(constants.map(\.description)) == Set(known).subtracting([""]))
        for verb in SMTPVerb.allCases { #expect(Verb(verb) == Verb(verb.keyword)) }
        for verb in POP3Verb.allCases { #expect(Verb(verb) == Verb(verb.keyword)) }
        #expect(Verb("*auth") == .response)
        #expect(Verb("*data") == .content)
    }
}
