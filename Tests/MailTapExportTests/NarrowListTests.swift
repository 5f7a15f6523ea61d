import MailTapExport
import Testing

@Suite struct NarrowListTests {
    private func lines(_ width: Int) -> [Substring] {
        Samples.export(SessionList(.text, ExportOptions(width: width)), [ExportItem(session: Samples.smtp)])
            .split(separator: "\n")
    }

    @Test(arguments: [80, 100, 120, 200])
    func `columns go where there is no room for them`(_ width: Int) {
        for line in lines(width) { #expect(line.unicodeScalars.count <= width) }
        #expect(lines(width).first?.contains("WHAT") == true)
        #expect(lines(width).first?.hasPrefix("#") == true)
    }

    @Test func `a wide terminal has them all`() {
        let headings = lines(200).first?.split(whereSeparator: { $0 == " " }).joined(separator: " ")
        #expect(
            headings
                == "# STARTED (UTC) SECONDS PROTOCOL CLIENT SERVER MESSAGES OCTETS ENDING REFUSED WHAT")
        #expect(lines(80).first?.contains("OCTETS") == false)
    }

    @Test func `rows wait for others no longer than the input rests`() {
        var list = SessionList(.text, ExportOptions(width: 200))
        var out: [UInt8] = []
        list.begin(into: &out)
        list.pause(into: &out)
        #expect(out.isEmpty)
        list.session(ExportItem(session: Samples.smtp), into: &out)
        #expect(out.isEmpty)
        list.pause(into: &out)
        let rested = String(decoding: out, as: UTF8.self).split(separator: "\n")
        #expect(rested.count == 2)
        list.session(ExportItem(session: Samples.smtp), into: &out)
        list.end(into: &out)
        let rows = String(decoding: out, as: UTF8.self).split(separator: "\n")
        #expect(rows.count == 3 && rows[1] == rows[2])
    }
}
