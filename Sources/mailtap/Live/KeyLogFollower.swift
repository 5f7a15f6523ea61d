import MailTapCapture

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a key log while other programs write it.
///
/// Opened once, before privileges are given up; one that is not there yet is made, for programs append to it.
final class KeyLogFollower {
    /// Octets that are read at a time.
    private static let piece = 1 << 16

    private let descriptor: Int32
    private var offset: off_t = 0
    private var rest: [UInt8] = []

    /// - Throws: `Failure` for a file that can be neither read nor made.
    init(_ path: String) throws {
        let existing = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard existing < 0, errno == ENOENT else {
            guard existing >= 0 else { throw Self.failure(path) }
            descriptor = existing
            return
        }
        descriptor = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
        // It is the invoking user's programs that will write it.
        if let owner = Privileges.invoker { _ = fchown(descriptor, owner.user, owner.group) }
    }

    private static func failure(_ path: String) -> Failure {
        Failure(.noInput, "can't read the key log \(path): \(StandardOutput.reason()); is the path right?")
    }

    deinit { close(descriptor) }

    /// The whole lines that came since the last call.
    func newLines() -> [UInt8] {
        if let status = FileStatus(descriptor: descriptor), status.kind == .regular,
            status.length < UInt64(max(0, offset))
        {
            // Emptied and written anew.
            offset = 0
            rest = []
        }
        var octets = [UInt8](repeating: 0, count: Self.piece)
        while rest.count < 1 << 24 {
            let (descriptor, start) = (descriptor, offset)
            let count = octets.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, start) }
            guard count > 0 else { break }
            offset += off_t(count)
            rest += octets.prefix(count)
        }
        guard let end = rest.lastIndex(of: 10) else { return [] }
        defer { rest.removeFirst(end + 1) }
        return Array(rest[...end])
    }
}
