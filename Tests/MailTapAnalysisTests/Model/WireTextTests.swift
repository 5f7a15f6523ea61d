import MailTapCore
import Testing

@testable import MailTapAnalysis

@Suite struct WireTextTests {
    private static func octets(_ count: Int, _ seed: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed) }
    }

    @Test func `lines of one store keep their octets, however many and however long`() {
        var store = LineStore()
        let lengths = [0, 1, 900, 27, 28, 5_000, 1, 70_000, 65_000, 3] + (0..<500).map { $0 % 97 }
        let kept = lengths.enumerated().map { store.line(Self.octets($1, $0).span.bytes) }
        for (index, length) in lengths.enumerated() {
            #expect(kept[index].octets == Self.octets(length, index))
            #expect(kept[index].count == length)
            #expect(kept[index] == WireText(Self.octets(length, index)))
        }
    }

    @Test func `a line outlives the others and its store`() {
        var store: LineStore? = LineStore()
        let first = store?.line(Self.octets(10, 1).span.bytes)
        _ = store?.line(Self.octets(2_000, 2).span.bytes)
        store = nil
        #expect(first?.octets == Self.octets(10, 1))
    }

    @Test func `what is special about a line stays with it`() {
        let secret = WireText.Secret(range: 5..<8, kind: .opaque)
        var line = WireText(Array("PASS abc".utf8), secrets: [secret])
        #expect(line.hasMarks && line.hasSecrets && !line.isMasked)
        #expect(line.text().text == "PASS [redacted 3 octets]")
        #expect(line.text(revealing: true).text == "PASS abc")
        line.octets = Array("PASS xyz".utf8)
        #expect(line.secrets == [secret])
        #expect(line.text(revealing: true).text == "PASS xyz")
        line.isMasked = true
        #expect(line.text(revealing: true).text == "PASS [redacted 3 octets]")
        #expect(line != WireText(Array("PASS xyz".utf8)))
        line.isMasked = false
        line.secrets = []
        #expect(line == WireText(Array("PASS xyz".utf8)))
        #expect(!line.hasMarks)
        #expect(WireText([], isMasked: true).isMasked)
    }

    @Test func `changing a copy leaves the line as it was`() {
        var store = LineStore()
        let line = store.line(Array("250 Ok".utf8).span.bytes)
        var copy = line
        copy.octets = Array("250 No".utf8)
        #expect(line.octets == Array("250 Ok".utf8))
        #expect(copy != line)
    }

    @Test(arguments: [0, 1, 2, 5])
    func `the lines of a reply are a collection as an array is`(count: Int) {
        let array = (0..<count).map { WireText([UInt8(48 + $0)]) }
        var lines = WireLines()
        for line in array { lines.append(line) }
        #expect(lines == WireLines(array))
        #expect(Array(lines) == array && lines.array == array)
        #expect(lines.count == count && lines.isEmpty == array.isEmpty)
        #expect(lines.first == array.first && lines.last == array.last)
        #expect(lines.dropFirst() == array.dropFirst())
        #expect(lines.dropFirst().indices == array.dropFirst().indices)
        #expect(lines.only == (count == 1 ? array[0] : nil))
        for index in array.indices {
            var changed = lines
            changed[index] = WireText([0])
            var expected = array
            expected[index] = WireText([0])
            #expect(changed == WireLines(expected))
            changed.remove(at: index)
            expected.remove(at: index)
            #expect(changed == WireLines(expected))
        }
        lines.removeAll()
        #expect(lines == [])
    }
}
