import CZlib
import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapCapture

@Suite struct GzipSourceTests {
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count + 1024)
        let count = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = uInt(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = uInt(output.count)
                deflate(&stream, Z_FINISH)
                return output.count - Int(stream.avail_out)
            }
        }
        deflateEnd(&stream)
        return Array(output[..<count])
    }

    @Test func membersInARowReadAsOneFile() {
        let bytes = CaptureReaderTests.pcap()
        let half = bytes.count / 2
        let packed = Self.compress(Array(bytes[..<half])) + Self.compress(Array(bytes[half...])) + [0, 0, 0]
        for step in [1, 7, 100_000] {
            let result = readCapture(packed, largestRead: step)
            #expect(result.error == nil)
            CaptureReaderTests.expectWhole(result.traces)
        }
    }

    @Test func everyTruncationIsDamageAfterWhatCouldBeRead() {
        let packed = Self.compress(CaptureReaderTests.pcap())
        for length in 0..<packed.count { #expect(readCapture(Array(packed[..<length])).error != nil) }
        let cut = readCapture(Array(packed.dropLast(2)))
        #expect(cut.error?.code == .truncated)
        CaptureReaderTests.expectWhole(cut.traces)
        #expect(readCapture(packed + [9, 9]).error?.code == .damaged)
    }

    @Test func mutationsNeverTrap() {
        var generator = SeededGenerator(seed: 5)
        let packed = Self.compress(CaptureReaderTests.pcap())
        var failures = 0
        for _ in 0..<500 {
            var bytes = packed
            bytes[Int.random(in: 2..<bytes.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
            failures += readCapture(bytes).error == nil ? 0 : 1
        }
        #expect(failures > 400)
    }
}
