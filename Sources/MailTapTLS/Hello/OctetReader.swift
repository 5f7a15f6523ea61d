/// Reads a message of TLS from its octets; nothing it is asked for can lead beyond their end.
package struct OctetReader {
    private var rest: ArraySlice<UInt8>

    /// A reader at the first octet.
    package init(_ octets: ArraySlice<UInt8>) { rest = octets }

    /// Whether nothing is left.
    package var isAtEnd: Bool { rest.isEmpty }

    /// An integer of so many octets in network order.
    package mutating func number(_ octets: Int) -> Int? {
        guard rest.count >= octets else { return nil }
        defer { rest = rest.dropFirst(octets) }
        return rest.prefix(octets).reduce(0) { $0 << 8 | Int($1) }
    }

    /// The next octets.
    package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// A vector whose length stands before it in so many octets (RFC 8446 section 3.4).
    package mutating func vector(_ octets: Int) -> ArraySlice<UInt8>? {
        guard let count = number(octets) else { return nil }
        return take(count)
    }
}
