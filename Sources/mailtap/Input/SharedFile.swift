import MailTapCapture
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that several readers read at about the same pace: each piece of it is got from the system once, by whoever
/// comes to it first, into a ring of which every reader takes it where it lies.
///
/// Read, not mapped: a file that another program cuts off meanwhile is a short one then, and no signal.
final class SharedFile: Sendable {
    static let pieceSize = 128 << 10
    private static let pieceCount = 8

    private let descriptor: Int32
    private let name: String
    /// What it gains meanwhile is left out, so that all readers see the same.
    private let length: UInt64
    private let isOver: @Sendable () -> Bool
    private let slots: [Slot]
    private let pace: ReadingPace

    /// - Parameters:
    ///   - descriptor: open as long as anybody reads.
    ///   - isOver: asked before each piece; once true, the file ends where it stands.
    init(
        descriptor: Int32, named name: String, length: UInt64, readers: Int, isOver: @escaping @Sendable () -> Bool
    ) {
        self.descriptor = descriptor
        self.name = name
        self.length = length
        self.isOver = isOver
        slots = (0..<Self.pieceCount).map { _ in Slot() }
        // Whoever goes to a piece has left the one before it: what a slot held, all have left once it is that piece's.
        pace = ReadingPace(readers, lead: UInt64(Self.pieceSize * (Self.pieceCount - 1)))
    }

    /// What reader number `index` reads.
    func source(_ index: Int) -> any ByteSource { Source(self, index) }

    /// Reader number `index` reads no more, and nothing of what it was lent.
    func leave(_ index: Int) { pace.advance(index, to: .max) }

    private func piece(_ number: UInt64, for reader: Int) throws(CaptureError) -> UnsafeRawBufferPointer {
        let offset = number * UInt64(Self.pieceSize)
        guard offset < length, !isOver() else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        pace.advance(reader, to: offset)
        let wanted = Int(min(UInt64(Self.pieceSize), length - offset))
        let outcome = slots[Int(number % UInt64(Self.pieceCount))].piece(number) { read(at: offset, wanted, into: $0) }
        return try outcome.get()
    }

    /// Reads so many octets, or fewer where the file has become shorter.
    private func read(
        at offset: UInt64, _ wanted: Int, into buffer: UnsafeMutableRawBufferPointer
    ) -> Result<Int, CaptureError> {
        var got = 0
        while got < wanted {
            let count = pread(
                descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[got...]).baseAddress, wanted - got,
                off_t(offset) + off_t(got))
            if count == 0 { break }
            if count > 0 {
                got += count
            } else if errno != EINTR {
                let (code, reason) = (CaptureError.Code.inputOutput(errno: errno), StandardOutput.reason())
                return .failure(CaptureError(code: code, input: name, reason: "cannot read: \(reason)"))
            }
        }
        return .success(got)
    }

    /// A place for one piece at a time.
    // Sendable in truth: `octets` is written under the lock, by a reader that `ReadingPace` let go on, and so once every
    // reader has left the piece that stood there; whoever reads has had the lock since it was written.
    private final class Slot: @unchecked Sendable {
        private let octets = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)
        private let state = Mutex<(number: UInt64, outcome: Result<Int, CaptureError>)?>(nil)

        deinit { octets.deallocate() }

        /// The piece of that number, which `read` reads unless it is there.
        func piece(
            _ number: UInt64, read: (UnsafeMutableRawBufferPointer) -> Result<Int, CaptureError>
        ) -> Result<UnsafeRawBufferPointer, CaptureError> {
            let outcome = state.withLock { state in
                if let state, state.number == number { return state.outcome }
                let outcome = read(octets)
                state = (number, outcome)
                return outcome
            }
            return outcome.map { UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(octets)[..<$0]) }
        }
    }

    /// The file as one of the readers reads it.
    private final class Source: ByteSource {
        private let file: SharedFile
        private let reader: Int
        private var next: UInt64 = 0
        /// What was lent to `read` and not taken.
        private var left = UnsafeRawBufferPointer(start: nil, count: 0)

        init(_ file: SharedFile, _ reader: Int) { (self.file, self.reader) = (file, reader) }

        func lend() throws(CaptureError) -> UnsafeRawBufferPointer? {
            let piece = try file.piece(next, for: reader)
            next += 1
            return piece
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
            if left.isEmpty { left = try lend() ?? left }
            let count = min(left.count, buffer.count)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: left[..<count]))
            left = UnsafeRawBufferPointer(rebasing: left[count...])
            return count
        }
    }
}
