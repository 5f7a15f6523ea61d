/// Zstandard (RFC 8878) through libzstd, loaded at run time; its interface is stable since version 1.4.
final class ZstdDecoder: StreamDecoder {
    static let name = "zstd"
    static let firstOctet: UInt8 = 0x28

    /// `ZSTD_inBuffer` and `ZSTD_outBuffer`: a pointer, a size, a position.
    private struct Buffer {
        var start: UnsafeRawPointer?
        var size: Int
        var position = 0
    }

    private struct Library {
        typealias Create = @convention(c) () -> OpaquePointer?
        typealias Free = @convention(c) (OpaquePointer?) -> Int
        typealias Set = @convention(c) (OpaquePointer?, Int32, Int32) -> Int
        typealias Decode =
            @convention(c) (OpaquePointer?, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int
        typealias IsError = @convention(c) (Int) -> UInt32

        let free: Free
        let decode: Decode
        let isError: IsError
        let context: OpaquePointer

        /// `ZSTD_d_windowLogMax`, and windows of at most 128 MiB, which is zstd's own bound.
        private static let (windowLogMax, largestWindow): (Int32, Int32) = (100, 27)

        init?() {
            guard let library = DynamicLibrary("libzstd.so.1", "libzstd.1.dylib"),
                let create: Create = library.function("ZSTD_createDStream"),
                let free: Free = library.function("ZSTD_freeDStream"),
                let set: Set = library.function("ZSTD_DCtx_setParameter"),
                let decode: Decode = library.function("ZSTD_decompressStream"),
                let isError: IsError = library.function("ZSTD_isError"), let context = create()
            else { return nil }
            _ = set(context, Self.windowLogMax, Self.largestWindow)
            (self.free, self.decode, self.isError, self.context) = (free, decode, isError, context)
        }
    }

    private let library: Library

    init?() {
        guard let library = Library() else { return nil }
        self.library = library
    }

    deinit { _ = library.free(library.context) }

    func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecodedPiece {
        var source = Buffer(start: input.baseAddress, size: input.count)
        var target = Buffer(start: UnsafeRawPointer(output.baseAddress), size: output.count)
        let result = library.decode(library.context, &target, &source)
        let outcome: DecodedPiece.Outcome =
            library.isError(result) != 0 ? .damaged("or needs more than 128 MiB") : result == 0 ? .frameEnded : .goesOn
        return DecodedPiece(consumed: source.position, produced: target.position, outcome: outcome)
    }

    /// A stream begins its next frame by itself.
    func restart() -> Bool { true }
}
