#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The password that `--password-file` names.
enum PasswordFile {
    /// The file's first line, without its line end; at most 4 KiB.
    static func firstLine(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.noInput, "can't read the password file \(path): \(StandardOutput.reason())")
        }
        defer { close(descriptor) }
        var octets = [UInt8](repeating: 0, count: 4_096)
        let count = octets.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else {
            throw Failure(.noInput, "can't read the password file \(path): \(StandardOutput.reason())")
        }
        let line = octets.prefix(count).prefix { $0 != 10 && $0 != 13 }
        return String(decoding: line, as: UTF8.self)
    }
}
