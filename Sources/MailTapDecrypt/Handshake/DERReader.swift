/// Steps through DER-encoded values (ITU-T X.690) with tags of one octet.
///
/// Total: what is not well formed is nil.
struct DERReader {
    static let sequence: UInt8 = 0x30

    private var reader: WireReader

    /// A reader of the values in these octets.
    init(_ bytes: [UInt8]) { reader = WireReader(bytes) }

    /// The next value: its tag and its content.
    mutating func next() -> (tag: UInt8, value: [UInt8])? {
        guard let tag = reader.number(1), let first = reader.number(1) else { return nil }
        var length = first
        if first >= 0x80 {
            guard first & 0x7F <= 3, let long = reader.number(first & 0x7F), first != 0x80 else { return nil }
            length = long
        }
        return reader.octets(length).map { (UInt8(truncatingIfNeeded: tag), Array($0)) }
    }

    /// A reader of what is in the next value, if it has this tag; otherwise nil, and the value is passed.
    mutating func enter(_ tag: UInt8) -> DERReader? {
        guard let (found, value) = next(), found == tag else { return nil }
        return DERReader(value)
    }
}
