import MailTapCore

extension ReplyStatus {
    /// Octets of a POP3 line of `length` octets that are the status and its separator.
    func popPrefix(_ line: RawSpan, _ length: Int) -> Int {
        let status = self == .ok ? 3 : self == .err ? 4 : self == .plus ? 1 : text.utf8.count
        return status < length && line.octet(at: status) == 32 ? status + 1 : min(status, length)
    }

    /// Octets of an SMTP line of `length` octets that are the code and, where it has one, its separator.
    func smtpPrefix(_ line: RawSpan, _ length: Int) -> Int {
        guard self != .none else { return 0 }
        guard length > 3 else { return length }
        let separator = line.octet(at: 3)
        return separator == 32 || separator == 45 || separator == 9 ? 4 : 3
    }
}

extension RawSpan {
    /// Octets of the line before its CRLF or LF.
    var textLength: Int {
        guard byteCount > 0, octet(at: byteCount - 1) == 10 else { return byteCount }
        return byteCount > 1 && octet(at: byteCount - 2) == 13 ? byteCount - 2 : byteCount - 1
    }

    /// The octet at an offset; the load checks the bounds.
    func octet(at offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}
