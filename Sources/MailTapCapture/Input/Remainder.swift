/// What a buffer still holds and what its source still gives, as a source again.
final class Remainder: ByteSource {
    private var buffer: InputBuffer

    init(_ buffer: consuming InputBuffer) { self.buffer = buffer }

    func isReady(within milliseconds: Int32) -> Bool { buffer.isReady(within: milliseconds) }

    func read(into target: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        guard try buffer.fill(1) else { return 0 }
        let count = min(buffer.count, target.count)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
        buffer.consume(count)
        return count
    }
}
