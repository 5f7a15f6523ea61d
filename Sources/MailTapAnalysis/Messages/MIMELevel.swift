import MailTapCore

/// An open multipart of a MIME tree (RFC 2046 section 5.1).
struct MIMELevel {
    enum State {
        /// Before its first boundary.
        case preamble
        case parts
        /// Behind its last boundary.
        case epilogue
    }

    /// `--` and the boundary.
    let delimiter: [UInt8]
    var state = State.preamble
    /// The type of a part that declares none: `message/rfc822` in a digest (RFC 2046 section 5.1.5).
    let defaultType: String
    /// Multiparts and embedded messages around its parts.
    let depth: Int

    init(boundary: String, defaultType: String, depth: Int) {
        delimiter = Array(("--" + boundary).utf8)
        self.defaultType = defaultType
        self.depth = depth
    }
}

extension [MIMELevel] {
    /// The open multipart whose boundary the line is; the outermost where several would do.
    func boundary(_ line: RawSpan) -> (level: Int, isEnd: Bool)? {
        guard !isEmpty, line.hasDashes(at: 0) else { return nil }
        for (index, level) in enumerated() where level.state != .epilogue {
            guard line.starts(with: level.delimiter) else { continue }
            let length = level.delimiter.count
            let isEnd = line.hasDashes(at: length)
            let rest = line.extracting((isEnd ? length + 2 : length)...)
            let isBlank = rest.withUnsafeBytes { octets in
                octets.allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }
            }
            if isBlank { return (index, isEnd) }
        }
        return nil
    }
}
