#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A directory that a test has for itself; removed at the end with the files in it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/mailtap-tls.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failed() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    struct Failed: Error {}

    func file(_ name: String, _ text: String) throws -> String {
        let path = "\(path)/\(name)"
        guard let file = fopen(path, "w") else { throw Failed() }
        fputs(text, file)
        fclose(file)
        return path
    }

    static func contents(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var octets: [UInt8] = []
        while case let octet = fgetc(file), octet >= 0 { octets.append(UInt8(octet)) }
        return String(decoding: octets, as: UTF8.self)
    }

    static func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    deinit {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }
}
