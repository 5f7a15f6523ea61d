import MailTapCapture
import MailTapCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where results go: standard output, or the file of `-o`.
///
/// Buffered; a closed pipe ends the program quietly.
struct StandardOutput: ~Copyable {
    /// The reader of the pipe went away (`mailtap list x | head`).
    struct Closed: Error {}

    private let descriptor: Int32
    private let path: String?
    private var buffer: [UInt8] = []

    /// Standard output, or a new or emptied file, which must be none of `inputs`.
    ///
    /// - Parameter isPrivate: whether a new file is its owner's alone, as recordings are.
    init(path: String? = nil, inputs: [String] = [], isPrivate: Bool = false) throws {
        self.path = path
        guard let path, path != "-" else {
            descriptor = 1
            return
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, isPrivate ? 0o600 : 0o666)
        if descriptor < 0 {
            throw Failure(.cannotCreate, "can't write to \(path): \(Self.reason()); choose another -o")
        }
        // Emptied only once it is known to be no input. What is no file (a device, a FIFO) can't be, and need not.
        try Self.refuse(path, ifOneOf: inputs)
        ftruncate(descriptor, 0)
    }

    /// Writing to a file that is read would destroy it.
    static func refuse(_ path: String, ifOneOf inputs: [String]) throws {
        guard let target = FileStatus(path: path), target.kind == .regular else { return }
        for input in inputs where input != "-" {
            guard let source = FileStatus(path: input), source.isSameFile(as: target) else { continue }
            throw Failure(
                .cannotCreate, "can't write to \(path): it is an input, and would be lost; choose another path")
        }
    }

    deinit { if descriptor > 2 { close(descriptor) } }

    /// Whether a person reads it.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Calls `write` with the buffer to append to, and sends it on when it is large.
    mutating func append(_ write: (inout [UInt8]) throws -> Void) throws {
        try write(&buffer)
        if buffer.count >= 65_536 { try flush() }
    }

    mutating func print(_ line: String) throws {
        try append {
            $0 += line.utf8; $0.append(10)
        }
    }

    /// Sends on what is buffered.
    mutating func flush() throws {
        try send(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private func send(_ octets: [UInt8]) throws {
        var sent = 0
        while sent < octets.count {
            let count = octets.withUnsafeBytes { octets -> Int in
                guard let base = octets.baseAddress else { return 0 }
                return write(descriptor, base + sent, octets.count - sent)
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EPIPE { throw Closed() }
                throw Failure(.ioError, "can't write to \(path ?? "standard output"): \(Self.reason())")
            }
            sent += count
        }
    }

    static func reason() -> String { String(cString: strerror(errno)) }
}

/// Where logs, warnings and progress go.
enum StandardError {
    private static let lock = Mutex(())

    static var isTerminal: Bool { isatty(2) == 1 }

    /// One line.
    ///
    /// Control characters are shown, never sent.
    static func write(_ line: String) {
        raw(
            Array(
                line.unicodeScalars.map { $0.value < 32 && $0 != "\n" || $0.value == 127 ? "?" : String($0) }.joined()
                    .utf8) + [10])
    }

    /// Octets as they are, such as a progress line with its carriage return.
    static func raw(_ octets: [UInt8]) {
        lock.withLock { _ in
            var sent = 0
            while sent < octets.count {
                let count = octets.withUnsafeBytes { buffer -> Int in
                    guard let base = buffer.baseAddress else { return -1 }
                    return Glibc.write(2, base + sent, buffer.count - sent)
                }
                if count <= 0 { return }
                sent += count
            }
        }
    }
}
