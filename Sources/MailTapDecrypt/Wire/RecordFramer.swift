import MailTapCore

/// Cuts one side's octets into records; holds at most what is given to it and not taken.
struct RecordFramer: Sendable {
    /// What stands at the front.
    enum Front: Equatable {
        /// A record, which is taken.
        case record(TLSRecord)
        /// Octets are missing.
        case incomplete
        /// No record: another protocol, or octets went lost.
        case broken
    }

    private var buffer: [UInt8] = []
    private var start = 0

    /// Octets that belong to no record taken yet.
    var pending: Int { buffer.count - start }

    /// The type that the next record's header names; nil before its first octet came.
    var nextType: TLSRecord.ContentType? { start < buffer.count ? TLSRecord.ContentType(rawValue: buffer[start]) : nil }

    /// Octets, as they came.
    mutating func append(_ bytes: RawSpan) {
        if start > 0, start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 65_536 {
            buffer.removeFirst(start)
            start = 0
        }
        bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
    }

    /// Forgets what waits.
    mutating func removeAll() {
        buffer = []
        start = 0
    }

    /// Takes the next record.
    mutating func next() -> Front {
        guard pending > 0 else { return .incomplete }
        guard let type = TLSRecord.ContentType(rawValue: buffer[start]) else { return .broken }
        guard pending < 2 || buffer[start + 1] == 3 else { return .broken }
        guard pending >= TLSRecord.headerLength else { return .incomplete }
        let length = Int(buffer[start + 3]) << 8 | Int(buffer[start + 4])
        guard length <= TLSRecord.longestFragment else { return .broken }
        let body = start + TLSRecord.headerLength
        guard buffer.count - body >= length else { return .incomplete }
        let version = UInt16(buffer[start + 1]) << 8 | UInt16(buffer[start + 2])
        start = body + length
        return .record(TLSRecord(type: type, version: version, fragment: Array(buffer[body..<start])))
    }
}
