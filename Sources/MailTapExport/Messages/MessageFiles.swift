import MailTapAnalysis

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `eml`: one file per message in a directory, which is made.
///
/// Names are `session-0001-message-01.eml`, from numbers alone, never from what a mail says. An existing file is never
/// written to, and a symbolic link never followed. Files are for their owner alone (mode 0600).
public struct MessageFiles: ~Copyable {
    private let directory: Int32
    private let path: String

    /// Makes the directory, and those above it, unless it is there.
    public init(directory path: String) throws(ExportError) {
        self.path = path
        Self.make(path)
        directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw ExportError(
                code: .cannotCreate,
                description:
                    "can't make the directory \(path) for messages: \(Self.reason(errno)). Give another one with -o")
        }
    }

    deinit { if directory >= 0 { close(directory) } }

    /// Writes the messages of one session; gives the names of the files.
    public func write(_ item: ExportItem) throws(ExportError) -> [String] {
        var names: [String] = []
        for index in item.session.messages.indices {
            guard let content = item.content(index) else { continue }
            let name = Self.name(session: item.session.number, message: index + 1)
            try write(content, to: name)
            names.append(name)
        }
        return names
    }

    /// The name of a message's file; numbers count from 1.
    public static func name(session: Int, message: Int) -> String {
        "session-\(padded(session, 4))-message-\(padded(message, 2)).eml"
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = "\(max(0, number))"
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private func write(_ content: [UInt8], to name: String) throws(ExportError) {
        let file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let hint =
                errno == EEXIST
                ? "Messages are never written over others: give an empty directory with -o"
                : "Is there room, and may we write there?"
            throw ExportError(
                code: .cannotCreate, description: "can't create \(path)/\(name): \(Self.reason(errno)). \(hint)")
        }
        defer { close(file) }
        var rest = content[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { bytes in
                bytes.baseAddress.map { systemWrite(file, $0, bytes.count) } ?? 0
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                throw ExportError(code: .cannotWrite, description: "can't write \(path)/\(name): \(Self.reason(errno))")
            }
            rest = rest.dropFirst(written)
        }
    }

    /// Makes a directory and those above it; what can't be made shows when it is opened.
    private static func make(_ path: String) {
        guard mkdir(path, 0o700) != 0, errno == ENOENT, let slash = path.dropLast().lastIndex(of: "/") else { return }
        let parent = String(path[..<slash])
        guard !parent.isEmpty else { return }
        make(parent)
        mkdir(path, 0o700)
    }

    private static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}

/// `write(2)`, which the methods of the same name hide.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(file, bytes, count) }
