/// xz through liblzma, loaded at run time; its interface is stable since version 5.0.
final class XZDecoder: StreamDecoder {
    static let name = "xz"
    static let firstOctet: UInt8 = 0xFD

    /// `lzma_stream`, field for field.
    private struct Stream {
        var nextIn: UnsafeRawPointer?
        var availableIn = 0
        var totalIn: UInt64 = 0
        var nextOut: UnsafeMutableRawPointer?
        var availableOut = 0
        var totalOut: UInt64 = 0
        var allocator: UnsafeRawPointer?
        var state: UnsafeMutableRawPointer?
        var reservedPointers: (UInt, UInt, UInt, UInt) = (0, 0, 0, 0)
        var seekPosition: UInt64 = 0
        var reservedInteger: UInt64 = 0
        var reservedSizes: (Int, Int) = (0, 0)
        var reservedEnums: (UInt32, UInt32) = (0, 0)
    }

    private typealias Begin = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt32) -> UInt32
    private typealias Decode = @convention(c) (UnsafeMutableRawPointer, UInt32) -> UInt32
    private typealias End = @convention(c) (UnsafeMutableRawPointer) -> Void

    /// Octets that a stream may ask for: `xz -9` needs 65 MiB.
    private static let memoryLimit: UInt64 = 128 << 20
    /// The codes of `lzma_ret` for a stream that is over, one that asks too much, and no progress.
    private static let (streamEnd, overLimit, noProgress): (UInt32, UInt32, UInt32) = (1, 6, 10)

    private let begin: Begin
    private let decode: Decode
    private let end: End
    private let stream: UnsafeMutablePointer<Stream>

    init?() {
        guard let library = DynamicLibrary("liblzma.so.5", "liblzma.5.dylib"),
            let begin: Begin = library.function("lzma_stream_decoder"),
            let decode: Decode = library.function("lzma_code"), let end: End = library.function("lzma_end")
        else { return nil }
        (self.begin, self.decode, self.end) = (begin, decode, end)
        stream = .allocate(capacity: 1)
        stream.initialize(to: Stream())
        guard restart() else { return nil }
    }

    deinit {
        end(stream)
        stream.deallocate()
    }

    func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece {
        stream.pointee.nextIn = input.baseAddress
        stream.pointee.availableIn = input.count
        stream.pointee.nextOut = output.baseAddress
        stream.pointee.availableOut = output.count
        let code = decode(stream, 0)
        let outcome: DecodedPiece.Outcome =
            switch code {
            case 0, Self.noProgress: .goesOn
            case Self.streamEnd: .frameEnded
            case Self.overLimit: .damaged("it needs more than \(Self.memoryLimit >> 20) MiB of memory")
            default: .damaged("liblzma code \(code)")
            }
        return DecodedPiece(
            consumed: input.count - stream.pointee.availableIn, produced: output.count - stream.pointee.availableOut,
            outcome: outcome)
    }

    func restart() -> Bool { begin(stream, Self.memoryLimit, 0) == 0 }
}
