import Foundation
import MailTapExport
import Testing

@testable import mailtap

/// What is printed of the captures of real servers, held against files that a person has read.
///
/// `MAILTAP_UPDATE_GOLDEN=1 swift test --filter GoldenTests` writes the files anew; the diff is then for review.
@Suite struct GoldenTests {
    @Test(arguments: Captures.names) func transcript(_ name: String) throws {
        let items = try Captures.sessions(name)
        try compare(Captures.export(items, .text), with: "\(name).text")
    }

    @Test(arguments: Captures.names) func json(_ name: String) throws {
        let items = try Captures.sessions(name)
        try compare(Captures.export(items, .json), with: "\(name).json")
    }

    private func compare(_ text: String, with file: String) throws {
        let url = Captures.golden.appendingPathComponent(file)
        if ProcessInfo.processInfo.environment["MAILTAP_UPDATE_GOLDEN"] == "1" {
            try text.write(to: url, atomically: true, encoding: .utf8)
            return
        }
        let expected = try String(contentsOf: url, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, (came, want)) in zip(lines, wanted).enumerated() where came != want {
            Issue.record("\(file):\(index + 1)\n expected \(want)\n came     \(came)")
            return
        }
        #expect(lines.count == wanted.count, "\(file): the number of lines differs")
    }
}
