import Testing

@testable import MailTapCapture

@Suite struct OnesComplementSumTests {
    /// RFC 1071 section 3.
    @Test func exampleOfTheRFC() {
        var sum = OnesComplementSum()
        let octets: [UInt8] = [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]
        sum.add(octets.span.bytes)
        #expect(sum.checksum == ~0xDDF2)
    }

    /// An IPv4 header whose checksum is known: 45 00 00 73 … c0 a8 00 c7 gives b861.
    @Test func header() {
        var sum = OnesComplementSum()
        let header: [UInt8] = [
            0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 0xC0, 0xA8, 0, 1, 0xC0, 0xA8, 0, 0xC7,
        ]
        sum.add(header.span.bytes)
        #expect(sum.checksum == 0xB861)
    }

    @Test func numbersCountAsTheirOctets() {
        var octets = OnesComplementSum()
        let list: [UInt8] = [
            1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 9, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF9, 0xF8,
        ]
        octets.add(list.span.bytes)
        var numbers = OnesComplementSum()
        numbers.add(0x0102 as UInt16)
        numbers.add(0x0304_0506 as UInt32)
        numbers.add(high: 9, low: 0xFFFE_FDFC_FBFA_F9F8)
        #expect(octets.checksum == numbers.checksum)
    }

    @Test func equalsTheSumOfSingleWords() {
        let octets = (0..<1_500).map { UInt8(truncatingIfNeeded: $0 &* 131 ^ $0 >> 3) }
        for length in [0, 1, 2, 3, 15, 16, 17, 31, 64, 101, 1_499, 1_500] {
            var reference: UInt32 = 0
            for index in stride(from: 0, to: length, by: 2) {
                reference += UInt32(octets[index]) << 8 | (index + 1 < length ? UInt32(octets[index + 1]) : 0)
            }
            while reference >> 16 != 0 { reference = reference & 0xFFFF + reference >> 16 }
            var sum = OnesComplementSum()
            sum.add(octets.span.bytes.extracting(first: length))
            #expect(sum.checksum == ~UInt16(reference), "length \(length)")
        }
    }
}
