#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Small files that hold keys and certificates: read whole, written whole or not at all.
enum PrivateFile {
    /// No key or certificate bundle is larger; the system's list of authorities has 220 KiB.
    private static let longest = 8 << 20

    /// The file's octets.
    ///
    /// - Throws: `TLSError` (`unreadable`), with `what` as the file's role in the sentence.
    static func read(_ path: String, what: String) throws(TLSError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw TLSError(code: .unreadable, context: "can't read \(what) \(path): \(reason())")
        }
        defer { close(descriptor) }
        var octets: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = piece.withUnsafeMutableBytes { Self.read(descriptor, $0) }
            guard count >= 0 else {
                throw TLSError(code: .unreadable, context: "can't read \(what) \(path): \(reason())")
            }
            guard count > 0 else { return octets }
            octets += piece[..<count]
            guard octets.count <= longest else {
                throw TLSError(code: .damaged, context: "\(what) \(path) is far too large to be PEM")
            }
        }
    }

    /// Whether there is such a file.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The permissions of the file; nil where there is none.
    static func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// Puts a new file in the place of an old one in one step: whoever reads sees either, never a part.
    static func replace(_ path: String, with octets: [UInt8], mode: mode_t) throws(TLSError) {
        let temporary = "\(path).\(getpid())"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw TLSError(code: .unwritable, context: "can't create \(temporary): \(reason()); \(advice)")
        }
        let isWritten = fchmod(descriptor, mode) == 0 && write(octets, to: descriptor) && fsync(descriptor) == 0
        let problem = reason()
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            let problem = isWritten ? reason() : problem
            unlink(temporary)
            throw TLSError(code: .unwritable, context: "can't write \(path): \(problem); \(advice)")
        }
    }

    /// Makes the directory and those above it, for its owner alone.
    static func makeDirectory(_ path: String) throws(TLSError) {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            if mkdir(String(path[..<end]), 0o700) != 0, errno != EEXIST, end == path.endIndex {
                throw TLSError(code: .unwritable, context: "can't make the directory \(path): \(reason()); \(advice)")
            }
        }
    }

    /// Runs `body` while no other process is in this part for the same lock file.
    static func locked<Result>(_ path: String, _ body: () throws(TLSError) -> Result) throws(TLSError) -> Result {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TLSError(code: .unwritable, context: "can't create \(path): \(reason()); \(advice)")
        }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                throw TLSError(code: .unwritable, context: "can't lock \(path): \(reason())")
            }
        }
        return try body()
    }

    private static let advice = "set MAILTAP_HOME to a directory that you may write to"

    private static func reason() -> String { String(cString: strerror(errno)) }

    private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
            #else
                let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 || errno != EINTR { return count }
        }
    }

    private static func write(_ octets: [UInt8], to descriptor: Int32) -> Bool {
        var start = 0
        while start < octets.count {
            let count = octets.withUnsafeBytes { bytes in
                #if canImport(Glibc)
                    Glibc.write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
                #elseif canImport(Musl)
                    Musl.write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
                #else
                    Darwin.write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            start += count
        }
        return true
    }
}
