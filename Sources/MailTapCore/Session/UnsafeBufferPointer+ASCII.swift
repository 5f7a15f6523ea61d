extension UnsafeBufferPointer<UInt8> {
    /// Whether no octet is above 127; eight at a time.
    var isASCII: Bool {
        var seen: UInt64 = 0
        var offset = 0
        let octets = UnsafeRawBufferPointer(self)
        while offset + 8 <= octets.count {
            seen |= octets.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        while offset < octets.count {
            seen |= UInt64(octets[offset])
            offset += 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }
}
