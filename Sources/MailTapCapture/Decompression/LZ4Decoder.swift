/// LZ4's frame format through liblz4, loaded at run time; its interface is stable since version 1.7.
final class LZ4Decoder: StreamDecoder {
    static let name = "lz4"
    static let firstOctet: UInt8 = 0x04

    private struct Library {
        typealias Create = @convention(c) (UnsafeMutablePointer<OpaquePointer?>, UInt32) -> Int
        typealias Free = @convention(c) (OpaquePointer?) -> Int
        typealias Decode =
            @convention(c) (
                OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>, UnsafeRawPointer?,
                UnsafeMutablePointer<Int>, UnsafeRawPointer?
            ) -> Int
        typealias IsError = @convention(c) (Int) -> UInt32

        let free: Free
        let decode: Decode
        let isError: IsError
        let context: OpaquePointer

        /// `LZ4F_VERSION`.
        private static let version: UInt32 = 100

        init?() {
            var context: OpaquePointer?
            guard let library = DynamicLibrary("liblz4.so.1", "liblz4.1.dylib"),
                let create: Create = library.function("LZ4F_createDecompressionContext"),
                let free: Free = library.function("LZ4F_freeDecompressionContext"),
                let decode: Decode = library.function("LZ4F_decompress"),
                let isError: IsError = library.function("LZ4F_isError"),
                isError(create(&context, Self.version)) == 0, let context
            else { return nil }
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
        var consumed = input.count
        var produced = output.count
        let result = library.decode(
            library.context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
        guard library.isError(result) == 0 else {
            return DecodedPiece(consumed: 0, produced: 0, outcome: .damaged("liblz4 refuses it"))
        }
        return DecodedPiece(consumed: consumed, produced: produced, outcome: result == 0 ? .frameEnded : .goesOn)
    }

    /// A context begins its next frame by itself.
    func restart() -> Bool { true }
}
