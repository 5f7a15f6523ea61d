#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The file of a recording: created or appended to, locked, and written whole blocks at a time.
final class RecordingFile: BlockStore {
    /// Octets after which the disk is asked to keep what it was given.
    private static let syncInterval = 16 << 20

    let path: String
    private var descriptor: Int32
    /// Octets of whole blocks that it holds.
    private(set) var size: Int
    private var unsynced = 0

    /// Opens the recording at `path` for appending, or creates it with mode 0600, and locks it against other writers.
    ///
    /// The torn last block of an existing recording is cut off. Symbolic links are not followed.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - header: what a recording begins with.
    ///   - application: what the name of the application in an existing recording must begin with.
    init(path: String, header: [UInt8], application: String) throws(RecordingError) {
        self.path = path
        size = 0
        let created = Self.retry { open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600) }
        if created < 0, errno == EEXIST {
            descriptor = Self.retry { open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) }
        } else {
            descriptor = created
        }
        guard descriptor >= 0 else {
            let reason = errno == ELOOP ? "it is a symbolic link, which is not followed" : Self.reason(errno)
            throw RecordingError(code: .unusablePath, path: path, reason: reason)
        }
        do {
            try lock()
            if created < 0 { try adopt(header, application) }
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    func append(_ bytes: [UInt8]) throws(BlockStoreFailure) {
        var written = 0
        while written < bytes.count {
            let descriptor = descriptor
            let got = bytes.withUnsafeBytes { buffer -> Int in
                // `written` is below the count, so the base exists and the rest is not empty.
                guard let base = buffer.baseAddress else { return 0 }
                return write(descriptor, base + written, buffer.count - written)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                let reason = got < 0 ? Self.reason(errno) : "nothing was written"
                throw BlockStoreFailure(written: written, reason: reason)
            }
            written += got
            size += got
        }
        unsynced += bytes.count
        if unsynced >= Self.syncInterval { try sync() }
    }

    func withdraw(_ octets: Int) {
        size = max(0, size - octets)
        _ = ftruncate(descriptor, off_t(size))
    }

    func sync() throws(BlockStoreFailure) {
        unsynced = 0
        #if os(Linux)
            let result = fdatasync(descriptor)
        #else
            let result = fsync(descriptor)
        #endif
        // What was written before may be lost now, but stands in the file as far as anybody can tell.
        guard result == 0 || errno == EINVAL else { throw BlockStoreFailure(written: .max, reason: Self.reason(errno)) }
    }

    /// Closes the file, which gives the lock free.
    ///
    /// Once is enough, more does no harm.
    func close() {
        guard descriptor >= 0 else { return }
        closeDescriptor(descriptor)
        descriptor = -1
    }

    var room: Int {
        var status = statvfs()
        guard fstatvfs(descriptor, &status) == 0 else { return .max }
        let (octets, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int(clamping: octets)
    }

    var isInPlace: Bool {
        var mine = stat()
        var there = stat()
        guard fstat(descriptor, &mine) == 0, lstat(path, &there) == 0 else { return false }
        return mine.st_dev == there.st_dev && mine.st_ino == there.st_ino
    }

    private func lock() throws(RecordingError) {
        let descriptor = descriptor
        guard Self.retry({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0 else { return }
        guard errno == EWOULDBLOCK else {
            throw RecordingError(code: .unusablePath, path: path, reason: Self.reason(errno))
        }
        throw RecordingError(code: .inUse, path: path, reason: "another process is recording to it")
    }

    /// Takes an existing file over, if it is a recording.
    private func adopt(_ header: [UInt8], _ application: String) throws(RecordingError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw RecordingError(code: .unusablePath, path: path, reason: Self.reason(errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw RecordingError(code: .notARecording, path: path, reason: "it is no regular file")
        }
        let total = Int(status.st_size)
        switch RecordingTail.find(descriptor, size: total, header: header, application: application) {
        case .recording(let end):
            size = total
            // Copied about, perhaps: what follows is for its owner alone.
            if status.st_mode & 0o777 != 0o600 { _ = fchmod(descriptor, 0o600) }
            if end < total { withdraw(total - end) }
        case .foreign(let reason): throw RecordingError(code: .notARecording, path: path, reason: reason)
        case .damaged(let offset):
            throw RecordingError(code: .damaged, path: path, reason: "it is damaged at octet \(offset)")
        }
    }

    private static func retry(_ call: () -> Int32) -> Int32 {
        while true {
            let result = call()
            guard result < 0, errno == EINTR else { return result }
        }
    }

    private static func reason(_ number: Int32) -> String {
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }
}
