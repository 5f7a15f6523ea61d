import MailTapAnalysis
import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapExport

/// The buffer writes what the slower ways write.
@Suite struct OctetBufferTests {
    private func written(_ write: (inout OctetBuffer) -> Void) -> [UInt8] {
        var buffer = OctetBuffer()
        write(&buffer)
        return [UInt8](buffer)
    }

    @Test func `numbers are written as digits`() {
        var numbers: [UInt64] = [0, .max, 1 << 63]
        var power: UInt64 = 1
        for _ in 0..<19 {
            power *= 10
            numbers += [power - 1, power, power + 1]
        }
        for number in numbers {
            #expect(written { $0.append(decimal: number) } == Array("\(number)".utf8))
        }
        for number in [Int.min, -10, -1, 0, .max] {
            #expect(written { $0.append(json: number) } == Array("\(number)".utf8))
        }
    }

    @Test func `times are written as elsewhere`() {
        var random = SeededGenerator(seed: 12)
        var times: [Int64] = [
            0, 1, 10, 100, 999, 1_000, 1_010, 999_999_999, 1_000_000_000, -1, -1_500_000_000, .min, .max,
        ]
        for _ in 0..<200 {
            times.append(Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...62, using: &random))
        }
        for time in times {
            var expected: [UInt8] = []
            TimeText.append(seconds: time, to: &expected)
            #expect(written { $0.append(seconds: time) } == expected)
        }
    }

    @Test func `moments are written as elsewhere, whatever the last one was`() {
        var random = SeededGenerator(seed: 13)
        var second = SecondText()
        var moments: [Int64] = [.min, .max, 0, 1, -1, 999_999_999, 1_000_000_000]
        for _ in 0..<200 {
            let moment = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...62, using: &random)
            moments += [moment, moment &+ Int64.random(in: 0..<1_000_000_000, using: &random)]
        }
        for moment in moments {
            var expected: [UInt8] = []
            TimeText.append(moment: Timestamp(nanoseconds: moment), to: &expected)
            #expect(written { $0.append(moment: Timestamp(nanoseconds: moment), &second) } == expected)
        }
    }

    @Test func `moments of one second are written alike`() {
        var second = SecondText()
        for nanoseconds in [0, 999, 1_000, 123_456_789, 999_999_999] as [Int64] {
            let moment = Timestamp(nanoseconds: 1_700_000_000_000_000_000 + nanoseconds)
            var expected: [UInt8] = []
            TimeText.append(moment: moment, to: &expected)
            #expect(written { $0.append(moment: moment, &second) } == expected)
            #expect(second.octets(of: 1_700_000_000) == Array("2023-11-14T22:13:20".utf8))
        }
    }

    @Test(arguments: ["0.0.0.0", "192.0.2.1", "255.255.255.255", "::1", "2001:db8::25", "::ffff:192.0.2.1"])
    func `addresses are written as elsewhere`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(written { $0.append(address: address) } == Array(address.description.utf8))
    }

    @Test(arguments: [
        "", "A", "MAIL", "STARTTLS", "*auth", "*data", "XLONGERVERB", "A\"B", "\\", "T\tB", "\u{7F}", "CAF\u{C9}",
    ])
    func `verbs are written as text`(verb: String) {
        let command = Command(verb: verb, line: WireText([]))
        #expect(command.verb == verb)
        #expect(written { $0.append(json: command.keyword) { command.verb } } == written { $0.append(json: verb) })
    }

    @Test(arguments: ["2.1.0", "5.0.0", "4.7.1", "5.12.345", "2.01.0", "2.1.00", "4.999.999"])
    func `enhanced codes are written as text`(text: String) throws {
        let code = try #require(EnhancedCode(text))
        #expect(written { $0.append(json: code) } == Array("\"\(text)\"".utf8))
    }

    @Test func `digests are written as elsewhere`() {
        for digest in [
            ContentDigest(of: []), ContentDigest(of: Array("abc".utf8)),
            ContentDigest(words: (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, 0, .max)),
        ] {
            #expect(written { $0.append(hexadecimal: digest) } == Array(digest.text.utf8))
        }
    }

    @Test func `octets of any length stand one behind the other`() {
        var buffer = OctetBuffer(capacity: 0)
        var expected: [UInt8] = []
        for length in 0..<300 {
            let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: length), count: length)
            piece.withUnsafeBytes { buffer.append(octets: $0) }
            buffer.append("ab")
            expected += piece + Array("ab".utf8)
        }
        #expect([UInt8](buffer) == expected)
        buffer.append(octets: UnsafeRawBufferPointer(start: nil, count: 0))
        #expect([UInt8](buffer) == expected)
    }

    @Test(arguments: [0, 64, 1_000]) func `pieces stay as they were written`(capacity: Int) {
        var random = SeededGenerator(seed: UInt64(capacity))
        var buffer: OctetBuffer? = OctetBuffer(capacity: capacity)
        var pieces: [OctetPiece] = []
        var expected: [[UInt8]] = []
        for number in 0..<500 {
            let length = Int.random(in: 0...(number.isMultiple(of: 10) ? 5_000 : 90), using: &random)
            let octets = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: length)
            // In several steps, so that a piece may begin in one block and go on in the next.
            for part in [octets[..<(length / 3)], octets[(length / 3)...]] {
                part.withUnsafeBytes { buffer?.append(octets: $0) }
            }
            if let piece = buffer?.cut() { pieces.append(piece) }
            expected.append(octets)
        }
        #expect(pieces.map { $0.withOctets { [UInt8]($0) } } == expected)
        // They outlive the buffer.
        buffer = nil
        #expect(pieces.map { $0.withOctets { [UInt8]($0) } } == expected)
    }

    /// Text of every kind of character, mixed: the same whether it goes to a buffer or an array, and read back the same.
    @Test func `any text is escaped alike`() {
        let characters = [
            "a", " ", "\"", "\\", "\u{0}", "\t", "\u{7F}", "\u{80}", "\u{9F}", "\u{A0}", "\u{E9}", "\u{2028}",
            "\u{202E}",
            "\u{2030}", "\u{2066}", "\u{2069}", "\u{20AC}", "\u{1F4E7}", "long plain text",
        ]
        var random = SeededGenerator(seed: 14)
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                characters[Int.random(in: 0..<characters.count, using: &random)]
            }.joined()
            var expected = "\""
            for scalar in text.unicodeScalars {
                switch scalar.value {
                case 0x09: expected += "\\t"
                case 0x22: expected += "\\\""
                case 0x5C: expected += "\\\\"
                case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069:
                    let digits = String(scalar.value, radix: 16)
                    expected += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: expected.unicodeScalars.append(scalar)
                }
            }
            expected += "\""
            var out: [UInt8] = []
            out.append(json: text)
            #expect(String(decoding: out, as: UTF8.self) == expected)
            #expect(written { $0.append(json: text) } == out)
        }
    }

    @Test func `a memo keeps what it was given, and never gives another key's`() {
        var memo = OctetMemo()
        func known(_ key: [UInt8]) -> [UInt8]? {
            var out = OctetBuffer()
            let isKnown = key.withUnsafeBytes { memo.append(valueOf: $0, to: &out) }
            return isKnown ? [UInt8](out) : nil
        }
        var found = 0
        for number in 0..<20_000 {
            let key = Array("key \(number)".utf8), value = Array("value of \(number), \(number)".utf8)
            #expect(known(key) == nil)
            key.withUnsafeBytes { key in value.withUnsafeBytes { memo.keep($0, for: key) } }
            #expect(known(key) == value)
            let earlier = number / 2
            if let old = known(Array("key \(earlier)".utf8)) {
                found += 1
                #expect(old == Array("value of \(earlier), \(earlier)".utf8))
            }
        }
        #expect(found > 0)
        #expect(known([]) == nil)
        let long = [UInt8](repeating: 1, count: 257)
        long.withUnsafeBytes { memo.keep($0, for: $0) }
        #expect(known(long) == nil)
    }
}
