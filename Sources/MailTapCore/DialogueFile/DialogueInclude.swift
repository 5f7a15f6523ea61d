/// Content that a dialogue file takes from another file: `C: {content mail.eml}` or `C: {octets chunk.bin}`.
public struct DialogueInclude: Sendable, Hashable {
    /// What becomes of the file's octets.
    public enum Form: String, Sendable, Hashable, CaseIterable {
        /// Mail data: lines end with CRLF, and dots at their beginning are doubled (RFC 5321 section 4.5.2).
        case content
        /// As they are.
        case octets
    }

    /// Gives the octets of a file by its path, relative to the dialogue file.
    public typealias Source = (_ path: String) -> Result<[UInt8], Problem>

    /// Why a file can't be included; nothing of its content.
    public struct Problem: Error, Sendable, Hashable {
        /// In words, such as `it does not exist`.
        public var text: String

        /// A reason.
        public init(_ text: String) { self.text = text }
    }

    /// What becomes of the file's octets.
    public var form: Form
    /// Where the file is, relative to the dialogue file's directory and inside it.
    public var path: String

    /// Octets that one dialogue file may include in all.
    static let limit = 256 << 20

    /// An include that fills a line; nil where the line is none.
    init?(_ line: ArraySlice<UInt8>) {
        guard line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}"),
            let inner = String(validating: line.dropFirst().dropLast(), as: UTF8.self),
            let space = inner.firstIndex(of: " "), let form = Form(rawValue: String(inner[..<space]))
        else { return nil }
        self.form = form
        path = String(inner[inner.index(after: space)...])
    }

    /// What is wrong with the path: it must stay in the dialogue file's directory.
    var problem: Problem? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }),
            !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
        else {
            return Problem("its path has to be relative to this file and to stay in its directory")
        }
        return nil
    }

    /// What a file's octets become.
    func said(_ octets: [UInt8]) -> [UInt8] {
        guard form == .content else { return octets }
        var result: [UInt8] = []
        result.reserveCapacity(octets.count + octets.count / 32)
        var start = 0
        while start < octets.count {
            let lineFeed = octets.span.bytes.firstIndex(of: 10, from: start) ?? octets.count
            var end = lineFeed
            if end > start, lineFeed < octets.count, octets[end - 1] == 13 { end -= 1 }
            if octets[start] == UInt8(ascii: ".") { result.append(UInt8(ascii: ".")) }
            result += octets[start..<end]
            result += [13, 10]
            start = lineFeed + 1
        }
        return result
    }
}
