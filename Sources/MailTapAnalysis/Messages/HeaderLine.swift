import MailTapCore

/// What a line can be in a header section (RFC 5322 section 2.2).
enum HeaderLine {
    case empty, field

    /// How a message in an mbox file begins.
    fileprivate static let mboxFrom = Array("From ".utf8)

    /// Nil for a line that is neither: the body has begun without an empty line.
    init?(_ line: RawSpan) {
        guard line.byteCount > 0, line[octet: 0] != 10, !(line.byteCount == 2 && line[octet: 0] == 13 && line.endsLine)
        else {
            self = .empty
            return
        }
        if SMTPBlank.contains(line[octet: 0]) {
            self = .field
            return
        }
        let isField = line.withUnsafeBytes { octets in
            var index = 0
            while index < octets.count, octets[index] > 32, octets[index] < 127, octets[index] != UInt8(ascii: ":") {
                index += 1
            }
            guard index > 0 else { return false }
            // A blank between name and colon was legal once (RFC 5322 section 4.5) and is read.
            while index < octets.count, SMTPBlank.contains(octets[index]) { index += 1 }
            return index < octets.count && octets[index] == UInt8(ascii: ":")
        }
        guard isField || line.starts(with: Self.mboxFrom) else { return nil }
        self = .field
    }
}

extension RawSpan {
    /// Whether the last octet is an LF.
    var endsLine: Bool { byteCount > 0 && self[octet: byteCount - 1] == 10 }

    /// Whether the line is how a message in an mbox file begins; `From :` is a field (RFC 5322 section 4.5.2).
    var isMboxLine: Bool {
        guard byteCount > 5, self[octet: 4] == 32, starts(with: HeaderLine.mboxFrom) else { return false }
        var index = 5
        while index < byteCount, SMTPBlank.contains(self[octet: index]) { index += 1 }
        return index < byteCount && self[octet: index] != UInt8(ascii: ":")
    }

    /// Whether two dashes stand at an offset.
    func hasDashes(at offset: Int) -> Bool {
        offset + 2 <= byteCount && self[octet: offset] == UInt8(ascii: "-")
            && self[octet: offset + 1] == UInt8(ascii: "-")
    }

    /// Whether the octets begin with these.
    func starts(with octets: [UInt8]) -> Bool {
        guard byteCount >= octets.count else { return false }
        return octets.indices.allSatisfy { self[octet: $0] == octets[$0] }
    }
}
