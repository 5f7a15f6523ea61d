#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the system says of a file: its kind, its length, and which file it is.
///
/// `stat` is asked here, in a module that loads no Foundation, whose own C module would claim the structure's members.
public struct FileStatus: Sendable, Hashable {
    /// What a file can be.
    public enum Kind: Sendable, Hashable {
        /// A file with a length.
        case regular
        /// A directory.
        case directory
        /// A pipe, a FIFO, a socket, a device.
        case other
    }

    /// What it is.
    public let kind: Kind
    /// Length in octets; of use for regular files.
    public let length: UInt64
    private let device: UInt64
    private let number: UInt64

    /// An open file's status; nil where the system can't say.
    public init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The status of the file at `path`, links followed; nil where there is none.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        default: kind = .other
        }
        length = UInt64(clamping: status.st_size)
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
    }

    /// Whether both are one file, however it is called.
    public func isSameFile(as other: FileStatus) -> Bool { device == other.device && number == other.number }
}
