/// Octets in memory, read before those of another source if there is one.
///
/// Gives back what was read to find out what an input is, and feeds tests.
public final class MemorySource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0
    private let largestRead: Int
    private let rest: (any ByteSource)?

    /// Reads `bytes`, then `rest`.
    ///
    /// - Parameter largestRead: octets that one read gives at most, to play a source that trickles.
    public init(_ bytes: [UInt8], largestRead: Int = .max, then rest: (any ByteSource)? = nil) {
        self.bytes = bytes
        self.largestRead = max(1, largestRead)
        self.rest = rest
    }

    /// Gives what is left in memory, then what the other source gives.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        let count = min(bytes.count - position, buffer.count, largestRead)
        guard count > 0 else { return try rest?.read(into: buffer) ?? 0 }
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
        }
        position += count
        return count
    }

    /// Whether memory has something left, or the other source is ready.
    public func isReady(within milliseconds: Int32) -> Bool {
        position < bytes.count || rest?.isReady(within: milliseconds) ?? true
    }

    /// Reads up to `count` octets of `source` ahead; the returned source gives them again, and then the rest.
    public static func peek(
        _ count: Int, of source: any ByteSource
    ) throws(CaptureError) -> (bytes: [UInt8], source: any ByteSource) {
        var head: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: max(1, count))
        while head.count < count {
            let wanted = count - head.count
            // A typed throw does not pass through the closure, so the result does.
            let outcome = piece.withUnsafeMutableBytes { buffer -> Result<Int, CaptureError> in
                do throws(CaptureError) {
                    return .success(try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])))
                } catch {
                    return .failure(error)
                }
            }
            let got = try outcome.get()
            guard got > 0 else { break }
            head += piece[..<got]
        }
        return (head, MemorySource(head, then: source))
    }
}
