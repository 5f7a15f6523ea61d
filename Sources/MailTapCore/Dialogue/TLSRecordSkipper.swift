/// Steps over TLS records (RFC 8446 section 5.1) in an opaque stream, to notice where clear text goes on again.
struct TLSRecordSkipper: Sendable {
    private var remaining = 0
    private var header: [UInt8] = []
    /// False once the octets did not fit the form of records: from then on everything is opaque.
    private(set) var isInStep = true

    /// Octets were lost: where records begin is not known any more.
    mutating func loseStep() { isInStep = false }

    /// Takes ciphertext from `start`; returns where clear text begins, or nil when all of it is opaque.
    mutating func skip(_ bytes: RawSpan, from start: Int = 0) -> Int? {
        var index = start
        let count = bytes.byteCount
        while isInStep, index < count {
            if remaining > 0 {
                let step = min(remaining, count - index)
                remaining -= step
                index += step
                continue
            }
            let octet = bytes[octet: index]
            if header.isEmpty, octet < 20 || octet > 23 {
                if octet == 10 || octet == 13 || (octet >= 32 && octet < 127) { return index }
                isInStep = false
                return nil
            }
            header.append(octet)
            index += 1
            if header.count == 5 {
                let length = Int(header[3]) << 8 | Int(header[4])
                if header[1] != 3 || length > 16_384 + 2_048 { isInStep = false }
                remaining = length
                header.removeAll(keepingCapacity: true)
            }
        }
        return nil
    }
}
