import MailTapCore

/// A header section, taken apart into fields (RFC 5322 section 2.2), bodies unfolded but not decoded.
struct HeaderSection {
    struct Field {
        var name: FieldName
        /// Where the name as written stands, the blanks behind it left out.
        fileprivate var nameRange: Range<Int>
        /// Where the body stands, the line ends of its folding left out.
        fileprivate var bodyRange: Range<Int>
    }

    /// What short header sections need.
    private static let usualLength = 512, usualCount = 12

    private(set) var fields: [Field] = []
    /// The lines that belong to fields, one behind the other without their ends: so every body lies in one piece.
    private var octets: [UInt8] = []
    /// Names that came, and those that came again: a bit for each.
    private var seen: UInt64 = 0, repeated: UInt64 = 0

    init() {}

    /// The fields of `octets`, whole lines.
    init(_ octets: ArraySlice<UInt8>) {
        octets.withUnsafeBytes { buffer in
            let bytes = buffer.bytes
            var start = 0
            while start < bytes.byteCount {
                let end = bytes.firstIndex(of: 10, from: start) ?? bytes.byteCount
                add(bytes.extracting(start..<end))
                start = end + 1
            }
        }
    }

    /// Adds a line, with or without its end; one that is no field and continues none (an mbox `From ` line) is left out.
    mutating func add(_ line: RawSpan) {
        var end = line.byteCount
        if end > 0, line[octet: end - 1] == 10 { end -= 1 }
        if end > 0, line[octet: end - 1] == 13 { end -= 1 }
        guard end > 0 else { return }
        if SMTPBlank.contains(line[octet: 0]) {
            guard !fields.isEmpty else { return }
            append(line.extracting(0..<end))
            fields[fields.count - 1].bodyRange = fields[fields.count - 1].bodyRange.lowerBound..<octets.count
            return
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon < end else { return }
        var nameEnd = colon
        while nameEnd > 0, SMTPBlank.contains(line[octet: nameEnd - 1]) { nameEnd -= 1 }
        if octets.isEmpty {
            octets.reserveCapacity(Self.usualLength)
            fields.reserveCapacity(Self.usualCount)
        }
        let start = octets.count
        append(line.extracting(0..<end))
        let name = FieldName(line.extracting(0..<nameEnd))
        fields.append(
            Field(name: name, nameRange: start..<(start + nameEnd), bodyRange: (start + colon + 1)..<octets.count))
        repeated |= seen & name.bit
        seen |= name.bit
    }

    private mutating func append(_ bytes: RawSpan) { bytes.withUnsafeBytes { octets.append(contentsOf: $0) } }

    /// Forgets all fields.
    mutating func removeAll() {
        fields.removeAll(keepingCapacity: true)
        octets.removeAll(keepingCapacity: true)
        seen = 0
        repeated = 0
    }

    /// A field's body, blanks in front removed.
    func body(_ field: Field) -> ArraySlice<UInt8> { octets[field.bodyRange].drop(while: SMTPBlank.contains) }

    /// A field's name as written, in lower case.
    func name(_ field: Field) -> String { ASCII.lowercased(octets[field.nameRange]) }

    /// The body of the first field of that name.
    func first(_ name: FieldName) -> ArraySlice<UInt8>? {
        guard seen & name.bit != 0 else { return nil }
        return fields.first { $0.name == name }.map(body)
    }

    /// The first field of that name as text, encoded-words decoded.
    func text(_ name: FieldName) -> String? { first(name).map(EncodedWords.decode) }

    /// Whether a name stands more than once.
    var hasRepeats: Bool { repeated != 0 }

    /// Whether this name stands more than once; those that are not told apart by name do not count.
    func isRepeated(_ name: FieldName) -> Bool { repeated & name.bit != 0 }
}

/// Space and tab.
enum SMTPBlank {
    static func contains(_ octet: UInt8) -> Bool { octet == 32 || octet == 9 }
}
