import Testing

@testable import MailTapCore

/// The strict end of content among octets that wait behind a dot line with odd ends.
@Suite struct StrictEndSearchTests {
    private func stands(
        _ search: inout StrictEndSearch, in text: String, at base: UInt64 = 0, behind skipped: Int = 0
    ) -> Bool {
        let octets = Array(text.utf8)
        return search.stands(in: octets.span.bytes, at: base, behind: skipped)
    }

    @Test(arguments: [
        ("\n.\ntext\r\n.\r\n", true),
        ("\n.\ntext\n.\r\n", false),
        ("\n.\ntext\r\n.\n", false),
        ("\n.\ntext\r\n..\r\n", false),
        ("\n.\n...\r\n.\r\n", true),
    ])
    func onlyADotBetweenTwoCRLFIsOne(_ text: String, _ isOne: Bool) {
        var search = StrictEndSearch()
        let found = stands(&search, in: text, behind: 3)
        #expect(found == isOne)
    }

    @Test func whatStandsInTheDotLineItselfIsNone() {
        let text = "x\r\n.\r\ny"
        var search = StrictEndSearch()
        let behind = stands(&search, in: text, behind: 6)
        #expect(!behind)
        var whole = StrictEndSearch()
        let found = stands(&whole, in: text)
        #expect(found)
    }

    @Test func oneThatComesInPiecesIsFound() {
        let text = "\n.\ntext\r\n.\r\n"
        var search = StrictEndSearch()
        for end in 3..<text.utf8.count {
            let found = stands(&search, in: String(text.unicodeScalars.prefix(end)), behind: 3)
            #expect(!found, "after \(end) octets")
        }
        let found = stands(&search, in: text, behind: 3)
        #expect(found)
    }

    @Test func oneThatWasFoundStandsForAllThatComesBeforeIt() {
        let text = "\n.\nmore\n.\ntext\r\n.\r\n"
        var search = StrictEndSearch()
        let first = stands(&search, in: text, at: 100, behind: 3)
        #expect(first)
        // The second odd line, whose octets begin seven later.
        let second = stands(&search, in: String(text.unicodeScalars.dropFirst(7)), at: 107, behind: 3)
        #expect(second)
        let behind = stands(&search, in: "\n.\ntext", at: 120, behind: 3)
        #expect(!behind)
    }
}
