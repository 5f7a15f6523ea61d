/// Decompresses a source as it is read: any number of frames, zero padding behind the last.
///
/// Output goes straight into the reader's buffer, so a decompression bomb costs no memory; one that unpacks beyond all
/// reason ends as damage.
final class UnpackingSource: ByteSource {
    private enum State {
        case inside
        case betweenFrames
        case atEnd
        case failed(CaptureError)
    }

    /// Octets of output from which on the ratio counts, and output per input that no capture reaches.
    private static let (bombSize, bombRatio): (UInt64, UInt64) = (1 << 30, 500)

    private let source: any ByteSource
    private let name: String
    private let decoder: any StreamDecoder
    private let input: UnsafeMutableRawBufferPointer
    private var inputStart = 0
    private var inputEnd = 0
    private var consumed: UInt64 = 0
    private var produced: UInt64 = 0
    /// The decoder filled the last output, so it may hold more.
    private var mayHoldOutput = false
    private var state = State.inside

    init(_ source: any ByteSource, named name: String, decoder: any StreamDecoder) {
        self.source = source
        self.name = name
        self.decoder = decoder
        input = .allocate(byteCount: 256 << 10, alignment: 16)
    }

    deinit { input.deallocate() }

    /// The source that a compressed format needs.
    static func unpacking(
        _ format: CaptureFormat.Compression, _ source: any ByteSource, named name: String
    ) throws(CaptureError) -> UnpackingSource {
        let decoder: (any StreamDecoder)? =
            switch format {
            case .gzip: GzipDecoder()
            case .zstd: ZstdDecoder()
            case .lz4: LZ4Decoder()
            case .xz: XZDecoder()
            }
        guard let decoder else {
            throw CaptureError(
                code: .damaged, input: name, offset: 0,
                reason: "it is compressed with \(format.rawValue), whose library (\(format.library)) is not on this "
                    + "machine; install that, or unpack the file")
        }
        return UnpackingSource(source, named: name, decoder: decoder)
    }

    func isReady(within milliseconds: Int32) -> Bool {
        inputStart < inputEnd || mayHoldOutput || source.isReady(within: milliseconds)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        while true {
            switch state {
            case .atEnd: return 0
            case .failed(let error): throw error
            case .betweenFrames: try beginFrame()
            case .inside:
                let count = try unpackSome(into: buffer)
                if count > 0 { return count }
            }
        }
    }

    private func unpackSome(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        if !mayHoldOutput, try !refill() {
            let reason = "the \(type(of: decoder).name) stream is cut off"
            state = .failed(CaptureError(code: .truncated, input: name, offset: consumed, reason: reason))
            return 0
        }
        let piece = decoder.decode(UnsafeRawBufferPointer(rebasing: input[inputStart..<inputEnd]), into: buffer)
        take(piece.consumed)
        produced &+= UInt64(piece.produced)
        mayHoldOutput = piece.produced == buffer.count
        switch piece.outcome {
        case .goesOn where piece.consumed == 0 && piece.produced == 0 && inputStart < inputEnd:
            state = .failed(damage("the \(type(of: decoder).name) stream does not go on"))
        case .goesOn: break
        case .frameEnded:
            mayHoldOutput = false
            state = .betweenFrames
        // What came out before the damage is delivered first; the next read reports it.
        case .damaged(let why): state = .failed(damage("the \(type(of: decoder).name) stream is damaged (\(why))"))
        }
        if produced > Self.bombSize, produced / max(1, consumed) > Self.bombRatio {
            state = .failed(
                damage("it unpacks to more than \(Self.bombRatio) times its size, as a decompression bomb does"))
        }
        return piece.produced
    }

    /// Behind a frame stands another one, padding, or the end.
    private func beginFrame() throws(CaptureError) {
        while try refill() {
            let octet = input[inputStart]
            if octet == 0 {
                take(1)
                continue
            }
            guard octet == type(of: decoder).firstOctet, decoder.restart() else {
                let format = type(of: decoder).name
                state = .failed(damage("octets that are no \(format) follow the \(format) stream"))
                return
            }
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
