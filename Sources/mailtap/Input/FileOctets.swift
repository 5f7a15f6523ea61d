#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whole files, read and replaced.
enum FileOctets {
    /// All octets of a file.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.noInput, "can't read \(path): \(StandardOutput.reason()); is the path right?")
        }
        defer { close(descriptor) }
        var octets: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw Failure(.ioError, "can't read \(path): \(StandardOutput.reason())") }
            if count == 0 { return octets }
            octets += piece[..<count]
        }
    }

    /// Gives a file new octets; mode and owner stay.
    ///
    /// They are written beside it first, so that nothing is lost when the disk is full or the program is ended.
    static func replace(_ path: String, with octets: [UInt8]) throws {
        let copy = "\(path).\(getpid()).new"
        let beside = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard beside >= 0 else {
            throw Failure(
                .cannotCreate, "can't write beside \(path): \(StandardOutput.reason()); is its directory writable?")
        }
        if let why = write(octets, closing: beside) {
            unlink(copy)
            throw Failure(.ioError, "can't write beside \(path): \(why); it is as it was")
        }
        let descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard descriptor >= 0 else {
            let why = StandardOutput.reason()
            unlink(copy)
            throw Failure(.cannotCreate, "can't write to \(path): \(why); it is as it was")
        }
        if let why = write(octets, closing: descriptor) {
            throw Failure(.ioError, "can't write \(path): \(why); what it should be is in \(copy)")
        }
        unlink(copy)
    }

    /// Writes all octets down to the disk; what failed, if anything.
    private static func write(_ octets: [UInt8], closing descriptor: Int32) -> String? {
        defer { close(descriptor) }
        var sent = 0
        while sent < octets.count {
            let count = octets.withUnsafeBytes { buffer in
                buffer.baseAddress.map { Glibc.write(descriptor, $0 + sent, buffer.count - sent) } ?? -1
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return StandardOutput.reason() }
            sent += count
        }
        return fsync(descriptor) == 0 || errno == EINVAL ? nil : StandardOutput.reason()
    }
}
