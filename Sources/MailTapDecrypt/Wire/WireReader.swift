/// Reads big-endian numbers and length-prefixed vectors from octets (RFC 8446 section 3).
///
/// Total: what is not there is nil.
struct WireReader {
    private let bytes: ArraySlice<UInt8>
    private var index: Int

    /// A reader of these octets, from the first.
    init(_ bytes: some Sequence<UInt8>) { self.init(slice: ArraySlice(bytes)) }

    private init(slice: ArraySlice<UInt8>) {
        bytes = slice
        index = slice.startIndex
    }

    /// Octets that were not read yet.
    var count: Int { bytes.endIndex - index }
    /// Whether everything was read.
    var isAtEnd: Bool { count == 0 }

    /// The next `length` octets.
    mutating func octets(_ length: Int) -> ArraySlice<UInt8>? {
        guard length >= 0, length <= count else { return nil }
        defer { index += length }
        return bytes[index..<index + length]
    }

    /// A number of `width` octets, 1 to 4.
    mutating func number(_ width: Int) -> Int? {
        octets(width)?.reduce(0) { $0 << 8 | Int($1) }
    }

    /// A vector whose length stands before it in `prefix` octets.
    mutating func vector(_ prefix: Int) -> WireReader? {
        number(prefix).flatMap { octets($0) }.map(WireReader.init(slice:))
    }

    /// What was not read yet.
    var rest: [UInt8] { Array(bytes[index...]) }
}
