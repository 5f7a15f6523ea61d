/// How much of a preamble's message stands at the front of what a side said.
enum PreambleMessage: Equatable {
    /// It may become one.
    case partial
    /// It is none.
    case none
    /// It is one, of so many octets.
    case whole(Int)

    /// A message of `length` octets of which `count` are there.
    init(length: Int, of count: Int) {
        self = count >= length ? .whole(length) : .partial
    }
}

extension RawSpan {
    /// Whether the octets begin with these: nil while they do as far as they go.
    func begins(with expected: [UInt8]) -> Bool? {
        for index in 0..<min(byteCount, expected.count) where self[octet: index] != expected[index] { return false }
        return byteCount >= expected.count ? true : nil
    }

    /// The big-endian number of two octets at `offset`, which the caller has checked.
    func port(at offset: Int) -> UInt16 { UInt16(self[octet: offset]) << 8 | UInt16(self[octet: offset + 1]) }

    /// The IPv4 address at `offset`, which the caller has checked.
    func address4(at offset: Int) -> IPAddress {
        IPAddress(v4: (0..<4).reduce(0) { $0 << 8 | UInt32(self[octet: offset + $1]) })
    }

    /// The IPv6 address at `offset`, which the caller has checked.
    func address6(at offset: Int) -> IPAddress {
        func half(_ start: Int) -> UInt64 { (0..<8).reduce(0) { $0 << 8 | UInt64(self[octet: start + $1]) } }
        return IPAddress(high: half(offset), low: half(offset + 8))
    }

    /// The octets of a range as text; what is no UTF-8 is replaced.
    func text(_ range: Range<Int>) -> String {
        extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension Endpoint {
    /// An end that a peer named in text, by address or by name.
    init(host: String, port: UInt16) {
        let address = IPAddress(host)
        self.init(address: address, port: port, name: address == nil ? host : nil)
    }
}
