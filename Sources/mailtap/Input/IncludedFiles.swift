import MailTapCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads what a dialogue file includes: regular files in its own directory or below it, no link followed.
struct IncludedFiles {
    private static let limit = 64 << 20
    /// The directory of the dialogue file; nil for standard input, which has none.
    private let directory: String?

    /// - Parameter file: the dialogue file's path; nil for standard input.
    init(besides file: String?) {
        guard let file else {
            directory = nil
            return
        }
        directory = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
    }

    /// The octets of the file at a path that was found to stay inside.
    func read(_ path: String) -> Result<[UInt8], DialogueInclude.Problem> {
        guard let directory else { return .failure(.init("standard input has no directory to look in")) }
        var folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        var parts = path.split(separator: "/").map(String.init)
        guard let name = parts.popLast(), folder >= 0 else { return .failure(.init(StandardOutput.reason())) }
        for part in parts {
            let next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { return .failure(.init(StandardOutput.reason())) }
            close(folder)
            folder = next
        }
        // Without O_NONBLOCK a FIFO would be waited for.
        let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return .failure(.init(StandardOutput.reason())) }
        defer { close(file) }
        // Pipes and the like have no place to seek to.
        let size = lseek(file, 0, SEEK_END)
        guard size >= 0, lseek(file, 0, SEEK_SET) == 0 else { return .failure(.init("it is no regular file")) }
        guard size <= Self.limit else { return .failure(.init("it is larger than 64 MiB")) }
        return Self.octets(of: file)
    }

    private static func octets(of file: Int32) -> Result<[UInt8], DialogueInclude.Problem> {
        var octets: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while octets.count <= limit {
            let count = piece.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            guard count >= 0 else { return .failure(.init(StandardOutput.reason())) }
            if count == 0 { return .success(octets) }
            octets += piece[..<count]
        }
        return .failure(.init("it is larger than 64 MiB"))
    }
}
