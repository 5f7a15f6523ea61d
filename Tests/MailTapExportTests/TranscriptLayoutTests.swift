import MailTapCore
import Testing

@testable import MailTapExport

/// Where lines, times and notes of a transcript stand.
@Suite struct TranscriptLayoutTests {
    private func lines(width: Int, _ write: (inout TranscriptLayout, inout [UInt8]) -> Void) -> [String] {
        var layout = TranscriptLayout(width: width, color: false)
        var out: [UInt8] = []
        write(&layout, &out)
        layout.flush(into: &out)
        return String(decoding: out, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func aLongNoteGoesOnBesideTheLinesThatFollow() {
        let lines = lines(width: 80) { layout, out in
            layout.line(
                .client, false, Array("NOOP".utf8), .client, note: "one two three four five six seven eight nine ten",
                into: &out)
            layout.line(.server, false, Array("250 ok".utf8), .server, into: &out)
        }
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix(" -> NOOP ") && lines[0].contains("one two"))
        #expect(lines[1].hasPrefix("<-  250 ok ") && lines[1].hasSuffix("ten"))
    }

    @Test func inANarrowWindowNotesStandBelow() {
        let lines = lines(width: 60) { layout, out in
            layout.line(.client, true, Array("QUIT".utf8), .client, note: "The client is done", into: &out)
        }
        #expect(lines.count == 2)
        #expect(lines[0] == " ~> QUIT")
        #expect(lines[1].hasSuffix("The client is done"))
    }

    @Test func aBlockIsMarkedOnceAndStaysInItsWidth() {
        let lines = lines(width: 30) { layout, out in
            layout.prefix = "2 "
            layout.block("something went wrong at some length", mark: "*** ", .error, into: &out)
        }
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("2 *** ") && lines[1].hasPrefix("2     "))
        #expect(lines.allSatisfy { $0.utf8.count <= 30 })
    }
}
