import NIOCore
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file of TLS secrets in the NSS key log format (RFC 9850), which Wireshark decrypts with; any number may append.
public final class KeyLogWriter: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Opens the file to append to it; a new one has mode 0600.
    ///
    /// - Throws: `TLSError` (`unwritable`).
    public init(path: String) throws(TLSError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TLSError(
                code: .unwritable,
                context: "can't write the key log \(path): \(String(cString: strerror(errno))); choose another path")
        }
    }

    deinit { close(descriptor) }

    /// Goes on in a new file where the present one was moved away; where that fails, the present one goes on.
    ///
    /// Any thread may call: the descriptor stays, what it leads to is exchanged by the system in one step.
    /// - Returns: what failed, on what and why; nil where nothing did.
    public func reopen() -> String? {
        let next = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard next >= 0 else {
            return "can't open the key log \(path) anew: \(String(cString: strerror(errno))); the one before goes on"
        }
        defer { close(next) }
        guard dup2(next, descriptor) >= 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            return "can't go on in the key log \(path): \(String(cString: strerror(errno)))"
        }
        return nil
    }

    /// Appends each line, its line end included, in one write, so that lines of several writers never mix.
    var callback: NIOSSLKeyLogCallback {
        { [self] line in
            line.withUnsafeReadableBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
        }
    }
}
