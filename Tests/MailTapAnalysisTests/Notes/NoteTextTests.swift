import MailTapCore
import Testing

@testable import MailTapAnalysis

struct NoteTextTests {
    private func kept(_ words: String) -> NoteText {
        var sentence = Sentence()
        sentence.add(text: words)
        return sentence.keep()
    }

    @Test(arguments: ["", "Greet as mail.example", "Gr\u{FC}\u{DF}e"])
    func `a note is the same whether its words are a constant or were put together`(words: String) {
        let note = kept(words)
        #expect(note.text == words)
        #expect(note == .text(words) && note == kept(words))
        #expect(note != .none && note != .text(words + "."))
    }

    @Test func `sentences that are kept stay as they were`() {
        var sentence = Sentence()
        sentence.add("the first")
        let first = sentence.keep()
        sentence.clear()
        sentence.add("another")
        #expect(sentence.keep().text == "another")
        #expect(first.text == "the first")
    }

    @Test(arguments: [nil, "", "End the session"]) func `an exchange gives back its note`(words: String?) {
        var exchange = Exchange()
        exchange.note = words
        #expect(exchange.note == words)
        #expect(exchange.hasNote == (words != nil))
        var octets: [UInt8] = []
        Exchange.withNote(of: [exchange], 0) { octets = [UInt8](copying: $0) }
        #expect(octets == Array((words ?? "").utf8))
    }
}
