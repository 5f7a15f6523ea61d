import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The names of a set's files: `today.mailtap` becomes `today-000001-20261125T183000Z.mailtap`.
///
/// The number counts up, also from one run to the next, so that a shell's `today-*.mailtap` gives the order of time.
struct RecordingNames: Equatable {
    private static let digits = 6
    private static let stampLength = 16

    /// The directory, with its slash; empty for the present one.
    let directory: String
    private let stem: String
    private let suffix: String

    /// The names that a recording at `path` leads to.
    init(_ path: String) {
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
        directory = String(path[..<name.startIndex])
        let dot = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 } ?? name.endIndex
        stem = String(name[..<dot])
        suffix = String(name[dot...])
    }

    /// The path of a file that begins at `time`.
    func path(number: Int, at time: Timestamp) -> String {
        let text = String(number)
        let zeros = String(repeating: "0", count: max(0, Self.digits - text.utf8.count))
        return "\(directory)\(stem)-\(zeros)\(text)-\(Self.stamp(time))\(suffix)"
    }

    /// The number of the file of that name; nil where it is none of the set.
    func number(of name: some StringProtocol) -> Int? {
        guard name.hasPrefix(stem + "-"), name.hasSuffix(suffix) else { return nil }
        let middle = name.dropFirst(stem.count + 1).dropLast(suffix.count).utf8
        guard middle.count > Self.digits + Self.stampLength else { return nil }
        let stamp = Array(middle.suffix(Self.stampLength + 1))
        let number = middle.dropLast(Self.stampLength + 1)
        let isStamp = stamp.enumerated().allSatisfy { index, octet in
            switch index {
            case 0: octet == UInt8(ascii: "-")
            case 9: octet == UInt8(ascii: "T")
            case Self.stampLength: octet == UInt8(ascii: "Z")
            default: Self.isDigit(octet)
            }
        }
        guard isStamp, number.count >= Self.digits, number.allSatisfy(Self.isDigit) else { return nil }
        return Int(String(decoding: number, as: UTF8.self))
    }

    /// The files of the set that are there, oldest first.
    func existing() -> [(number: Int, path: String)] {
        guard let listing = opendir(directory.isEmpty ? "." : directory) else { return [] }
        defer { closedir(listing) }
        var found: [(number: Int, path: String)] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { octets in
                String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = number(of: name) { found.append((number, directory + name)) }
        }
        return found.sorted { $0.number < $1.number }
    }

    private static func isDigit(_ octet: UInt8) -> Bool { octet >= 0x30 && octet <= 0x39 }

    /// ISO 8601's basic form in UTC, to the second.
    private static func stamp(_ time: Timestamp) -> String {
        var seconds = time_t(max(0, time.nanoseconds) / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
    }
}
