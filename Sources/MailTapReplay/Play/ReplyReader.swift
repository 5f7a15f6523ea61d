import MailTapCore

/// A reply of the live server.
struct LiveReply: Sendable, Equatable {
    /// Reply code or status indicator.
    var status: ReplyStatus
    /// The texts, without code and separator; for POP3 the status line's, then the lines of a short multi-line body.
    var lines: [[UInt8]]
}

/// Cuts what a server sends into replies; keeps no message content.
struct ReplyReader: Sendable {
    /// Octets of a line that are kept, and lines of a body.
    private static let lineLimit = 65_536, bodyLineLimit = 1000

    private let proto: MailProtocol
    private var octets: [UInt8] = []
    private var position = 0
    /// Octets behind `position` that hold no line end.
    private var scanned = 0
    private var pending: LiveReply?
    private var isInBody = false
    private var isSkippingLine = false

    init(_ proto: MailProtocol) { self.proto = proto }

    /// Whether octets of the server wait to be taken.
    var hasRest: Bool { position < octets.count || pending != nil }

    mutating func receive(_ bytes: RawSpan) {
        if position == octets.count {
            octets.removeAll(keepingCapacity: true)
            position = 0
        }
        bytes.withUnsafeBytes { octets.append(contentsOf: $0) }
    }

    /// The next whole reply.
    ///
    /// - Parameter isMultiline: whether a positive POP3 response to what was asked has a body (RFC 1939 section 3).
    mutating func next(isMultiline: Bool) -> LiveReply? {
        while let line = takeLine() {
            if isInBody {
                guard line.isExact, line.octets == [0x2E] else {
                    if let count = pending?.lines.count, count < Self.bodyLineLimit {
                        pending?.lines.append(
                            line.octets.first == 0x2E ? [UInt8](line.octets.dropFirst()) : line.octets)
                    }
                    continue
                }
                isInBody = false
                return take()
            }
            if proto == .pop3 {
                let (status, text) = Self.parsePOP3(line.octets)
                pending = LiveReply(status: status, lines: [text])
                guard isMultiline, status == .ok else { return take() }
                isInBody = true
            } else {
                let (status, isLast, text) = Self.parseSMTP(line.octets)
                if pending == nil { pending = LiveReply(status: status, lines: []) }
                if let count = pending?.lines.count, count < Self.bodyLineLimit { pending?.lines.append(text) }
                if isLast { return take() }
            }
        }
        return nil
    }

    private mutating func take() -> LiveReply? {
        defer { pending = nil }
        return pending
    }

    /// A line without its end.
    ///
    /// A bare LF ends a status line; inside a body only CRLF counts, as content may hold LFs.
    private mutating func takeLine() -> (octets: [UInt8], isExact: Bool)? {
        var search = position + scanned
        while let lf = octets[search...].firstIndex(of: 0x0A) {
            let isExact = lf > position && octets[lf - 1] == 0x0D
            guard isExact || !isInBody else {
                search = lf + 1
                continue
            }
            let line = octets[position..<(isExact ? lf - 1 : lf)]
            let result = isSkippingLine ? [] : [UInt8](line.prefix(Self.lineLimit))
            let wasSkipping = isSkippingLine
            position = lf + 1
            scanned = 0
            isSkippingLine = false
            return (result, isExact && !wasSkipping)
        }
        scanned = octets.count - position
        if scanned > Self.lineLimit {
            // The last octet stays: it may be the CR of the line's end.
            isSkippingLine = true
            position = octets.count - 1
            scanned = 0
        }
        return nil
    }

    private static func parseSMTP(_ line: [UInt8]) -> (ReplyStatus, isLast: Bool, text: [UInt8]) {
        guard line.count >= 3, line[..<3].allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return (.none, true, line) }
        let code = line[..<3].reduce(UInt16(0)) { $0 * 10 + UInt16($1 - 48) }
        return (
            ReplyStatus(rawValue: code), line.count == 3 || line[3] != 0x2D, [UInt8](line.dropFirst(4))
        )
    }

    private static func parsePOP3(_ line: [UInt8]) -> (ReplyStatus, text: [UInt8]) {
        for status in [ReplyStatus.ok, .err, .plus] {
            let mark = [UInt8](status.text.utf8)
            if line.starts(with: mark), line.count == mark.count || line[mark.count] == 0x20 {
                return (status, [UInt8](line.dropFirst(mark.count + 1)))
            }
        }
        return (.none, line)
    }
}
