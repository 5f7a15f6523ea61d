#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A small text file that an option names.
enum SmallFile {
    /// Octets that are read at most.
    private static let limit = 1 << 20

    /// The file's text.
    ///
    /// - Parameter what: what it is, for the error: `the rules file`.
    static func text(_ path: String, of what: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.noInput, "can't read \(what) \(path): \(StandardOutput.reason())")
        }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while text.count <= limit {
            let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else {
                throw Failure(.noInput, "can't read \(what) \(path): \(StandardOutput.reason())")
            }
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += piece.prefix(count)
        }
        throw Failure(.usage, "\(what) \(path) is larger than 1 MiB")
    }
}
