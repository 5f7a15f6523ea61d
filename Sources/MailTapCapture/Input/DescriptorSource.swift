#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads an open file, a pipe, a FIFO or standard input.
public final class DescriptorSource: ByteSource {
    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private let name: String

    /// Reads from an open descriptor, which stays open afterwards unless `closing` says otherwise.
    public init(descriptor: Int32, named name: String, closing: Bool = false) {
        self.descriptor = descriptor
        self.name = name
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
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
            #else
                let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitUntilReadable()
            default: throw Self.failure(errno, on: name, doing: "read")
            }
        }
    }

    /// A descriptor handed over in non-blocking mode (a shell's pipe) is waited for rather than polled in a loop.
    private func waitUntilReadable() {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&request, 1, -1)
    }

    private static func failure(_ number: Int32, on name: String, doing verb: String) -> CaptureError {
        let text = strerror(number).map { String(cString: $0) } ?? "error \(number)"
        return CaptureError(code: .inputOutput(errno: number), input: name, reason: "cannot \(verb): \(text)")
    }
}
