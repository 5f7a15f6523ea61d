import MailTapCore

/// The addresses and mail exchangers that a DNS response gives (RFC 1035 section 4, RFC 3596).
struct DNSResponse {
    /// Records that are read of one response at most.
    private static let mostRecords = 64

    /// Names with the addresses they stand for.
    private(set) var addresses: [(name: String, address: IPAddress)] = []

    /// Mail domains with the hosts that take their mail (MX records, RFC 1035 section 3.3.9).
    private(set) var exchangers: [(domain: String, preference: UInt16, host: String)] = []

    /// Addresses with the names that a reverse lookup gives them (PTR records, RFC 1035 section 3.5, RFC 3596 section 2.5).
    private(set) var pointers: [(address: IPAddress, name: String)] = []

    /// Reads a response; nil for what is none, or is malformed.
    init?(_ message: RawSpan) {
        guard message.byteCount >= 12, message.u16(2) & 0x800F == 0x8000 else { return nil }
        var at = 12
        var question: String?
        for _ in 0..<min(Int(message.u16(4)), 4) {
            guard let (name, next) = Self.name(message, at), next + 4 <= message.byteCount else { return nil }
            question = question ?? name
            at = next + 4
        }
        let count = Int(message.u16(6)) + Int(message.u16(8)) + Int(message.u16(10))
        let answers = Int(message.u16(6))
        for index in 0..<min(count, Self.mostRecords) {
            guard let (owner, next) = Self.name(message, at), next + 10 <= message.byteCount else { return }
            let type = message.u16(next)
            let length = Int(message.u16(next + 8))
            let data = next + 10
            guard data + length <= message.byteCount else { return }
            // An answer's owner may be an alias's target; an additional record (of an MX answer) is called as it says.
            let name = index < answers ? question ?? owner : owner
            if type == 15, length > 2, let (host, _) = Self.name(message, data + 2), !host.isEmpty, !name.isEmpty {
                exchangers.append((name, message.u16(data), host))
            }
            if type == 12, index < answers, let address = IPAddress(reverseName: name),
                let (host, _) = Self.name(message, data), !host.isEmpty
            {
                pointers.append((address, host))
            }
            if !name.isEmpty {
                if type == 1, length == 4 { addresses.append((name, IPAddress(v4: message.u32(data)))) }
                if type == 28, length == 16 {
                    addresses.append((name, IPAddress(high: message.u64(data), low: message.u64(data + 8))))
                }
            }
            at = data + length
        }
    }

    /// Reads a domain name, following compression pointers, which must lead backwards.
    private static func name(_ message: RawSpan, _ start: Int) -> (name: String, next: Int)? {
        var octets: [UInt8] = []
        var at = start
        var next: Int?
        while at < message.byteCount {
            let length = Int(message.u8(at))
            switch length {
            case 0: return (String(decoding: octets, as: UTF8.self), next ?? at + 1)
            case 1...63:
                guard at + 1 + length <= message.byteCount, octets.count + length < 255 else { return nil }
                if !octets.isEmpty { octets.append(UInt8(ascii: ".")) }
                for index in at + 1...at + length {
                    let octet = message.u8(index)
                    guard octet > 32, octet < 127 else { return nil }
                    octets.append(octet >= 65 && octet <= 90 ? octet + 32 : octet)
                }
                at += 1 + length
            case 192...255:
                guard at + 2 <= message.byteCount else { return nil }
                let target = Int(message.u16(at) & 0x3FFF)
                guard target < at else { return nil }
                next = next ?? at + 2
                at = target
            default: return nil
            }
        }
        return nil
    }
}
