internal import CZlib

/// Decompresses a gzip stream (RFC 1952) as it is read: any number of members, zero padding behind the last.
///
/// Output goes straight into the reader's buffer, so a gzip bomb costs time in proportion to what it unpacks to, and
/// no memory.
final class GzipSource: ByteSource {
    private enum State {
        case inside
        case betweenMembers
        case atEnd
        case failed(CaptureError)
    }

    private let source: any ByteSource
    private let name: String
    private let input: UnsafeMutableRawBufferPointer
    private var inputStart = 0
    private var inputEnd = 0
    private var consumed: UInt64 = 0
    private let stream: UnsafeMutablePointer<z_stream>
    private var state = State.inside

    init(_ source: any ByteSource, named name: String) throws(CaptureError) {
        self.source = source
        self.name = name
        input = .allocate(byteCount: 256 << 10, alignment: 16)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16 asks for a gzip header and trailer, with their check of the content.
        let code = inflateInit2_(stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            state = .failed(damage("zlib cannot start (code \(code))"))
            return
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        while true {
            switch state {
            case .atEnd: return 0
            case .failed(let error): throw error
            case .betweenMembers: try beginMember()
            case .inside:
                let count = try inflateSome(into: buffer)
                if count > 0 { return count }
            }
        }
    }

    private func inflateSome(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        guard try refill() else {
            state = .failed(
                CaptureError(
                    code: .truncated, input: name, offset: consumed, reason: "the gzip stream is cut off"))
            return 0
        }
        let available = inputEnd - inputStart
        let room = min(buffer.count, Int(UInt32.max))
        stream.pointee.next_in = (input.baseAddress.map { $0 + inputStart })?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_in = uInt(available)
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_out = uInt(room)
        let code = inflate(stream, Z_NO_FLUSH)
        take(available - Int(stream.pointee.avail_in))
        let produced = room - Int(stream.pointee.avail_out)
        switch code {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: state = .betweenMembers
        // What came out before the damage is delivered first; the next read reports it.
        default: state = .failed(damage("the gzip stream is damaged (zlib code \(code))"))
        }
        return produced
    }

    /// Behind a member stands another one, padding, or the end.
    private func beginMember() throws(CaptureError) {
        while try refill() {
            let octet = input[inputStart]
            if octet == 0 {
                take(1)
                continue
            }
            guard octet == 0x1F else {
                state = .failed(damage("octets that are no gzip follow the gzip stream"))
                return
            }
            inflateReset(stream)
            state = .inside
            return
        }
        state = .atEnd
    }

    private func refill() throws(CaptureError) -> Bool {
        if inputStart < inputEnd { return true }
        inputStart = 0
        inputEnd = min(max(0, try source.read(into: input)), input.count)
        return inputEnd > 0
    }

    private func take(_ count: Int) {
        inputStart += count
        consumed &+= UInt64(count)
    }

    private func damage(_ reason: String) -> CaptureError {
        CaptureError(code: .damaged, input: name, offset: consumed, reason: reason)
    }
}
