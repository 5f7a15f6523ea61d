#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads an open file, a pipe, a FIFO or standard input; follows a growing file where asked to.
public final class DescriptorSource: ByteSource {
    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private let name: String
    private let follows: Bool
    private let isOver: () -> Bool
    private let isLeft: () -> Bool
    /// Octets that are read at most from here on.
    private var rest: UInt64
    /// Milliseconds for which a followed file has not grown, as far as they matter.
    private var quiet: Int32 = 0

    /// Milliseconds without growth before a followed file is left for another: sessions that were running are often
    /// written to a file that was moved away.
    private static let patience: Int32 = 3000

    /// Reads from an open descriptor, which stays open afterwards unless `closing` says otherwise.
    ///
    /// - Parameters:
    ///   - name: the INPUT as the user calls it.
    ///   - follows: whether a file's end is no end, since more will be written.
    ///   - length: octets that are read at most.
    ///   - isOver: asked before each read; once true, the input ends where it stands.
    ///   - isLeft: asked where a followed file has not grown for three seconds; once true, that is its end.
    public init(
        descriptor: Int32, named name: String, closing: Bool = false, follows: Bool = false, length: UInt64 = .max,
        isOver: @escaping () -> Bool = { false }, isLeft: @escaping () -> Bool = { false }
    ) {
        self.descriptor = descriptor
        self.name = name
        self.follows = follows
        self.isOver = isOver
        self.isLeft = isLeft
        rest = length
        ownsDescriptor = closing
    }

    /// Opens the file at `path`.
    ///
    /// A directory, and what does not exist or may not be read, is an I/O error.
    public convenience init(path: String) throws(CaptureError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(errno, on: path, doing: "open") }
        self.init(descriptor: descriptor, named: path, closing: true)
    }

    deinit {
        if ownsDescriptor { close(descriptor) }
    }

    /// Reads what there is, waiting for the first octet of a pipe.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        let wanted = Int(min(UInt64(buffer.count), rest))
        while wanted > 0, !isOver() {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, buffer.baseAddress, wanted)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, buffer.baseAddress, wanted)
            #else
                let count = Darwin.read(descriptor, buffer.baseAddress, wanted)
            #endif
            if count > 0 {
                rest -= UInt64(count)
                quiet = 0
                return count
            }
            if count == 0 {
                guard follows else { return 0 }
                if growth < 0 {
                    throw CaptureError(code: .damaged, input: name, reason: "it shrank while it was followed")
                }
                if isLeftBehind { return 0 }
                _ = isReady(within: 1000)
                continue
            }
            switch errno {
            case EINTR: continue
            // A descriptor handed over in non-blocking mode (a shell's pipe) is waited for rather than polled in a loop.
            case EAGAIN: _ = isReady(within: 1000)
            default: throw Self.failure(errno, on: name, doing: "read")
            }
        }
        return 0
    }

    /// Waits for a pipe's next octet, or for a followed file to grow; a signal ends the waiting.
    public func isReady(within milliseconds: Int32) -> Bool {
        if isOver() { return true }
        guard follows else {
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&request, 1, milliseconds) > 0
        }
        if growth != 0 { return true }
        _ = poll(nil, 0, milliseconds)
        if growth != 0 { return true }
        quiet = min(quiet + max(0, milliseconds), Self.patience)
        return isOver() || isLeftBehind
    }

    /// Whether a followed file has come to its end.
    private var isLeftBehind: Bool { quiet >= Self.patience && isLeft() && growth == 0 }

    /// Octets that stand behind what was read; below 0 where the file is shorter than that.
    private var growth: Int64 {
        let position = lseek(descriptor, 0, SEEK_CUR)
        guard position >= 0, let status = FileStatus(descriptor: descriptor) else { return 0 }
        return Int64(clamping: status.length) - Int64(position)
    }

    private static func failure(_ number: Int32, on name: String, doing verb: String) -> CaptureError {
        let text = strerror(number).map { String(cString: $0) } ?? "error \(number)"
        return CaptureError(code: .inputOutput(errno: number), input: name, reason: "cannot \(verb): \(text)")
    }
}
