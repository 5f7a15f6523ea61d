internal import CZlib

/// gzip (RFC 1952) through zlib, which checks each member's trailer.
final class GzipDecoder: StreamDecoder {
    static let name = "gzip"
    static let firstOctet: UInt8 = 0x1F

    private let stream: UnsafeMutablePointer<z_stream>

    init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16 asks for a gzip header and trailer, with their check of the content.
        let code = inflateInit2_(stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return nil }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece {
        let room = min(output.count, Int(UInt32.max))
        // zlib reads its input only, though its declaration does not say so.
        let next = UnsafeMutableRawPointer(mutating: input.baseAddress)
        stream.pointee.next_in = next?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_in = uInt(input.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_out = uInt(room)
        let code = inflate(stream, Z_NO_FLUSH)
        let outcome: DecodedPiece.Outcome =
            switch code {
            case Z_OK, Z_BUF_ERROR: .goesOn
            case Z_STREAM_END: .frameEnded
            default: .damaged("zlib code \(code)")
            }
        return DecodedPiece(
            consumed: input.count - Int(stream.pointee.avail_in), produced: room - Int(stream.pointee.avail_out),
            outcome: outcome)
    }

    func restart() -> Bool { inflateReset(stream) == Z_OK }
}
