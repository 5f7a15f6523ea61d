import MailTapCore

/// What a DNS server answered; anything else in its message is passed over.
struct DNSAnswer: Sendable, Equatable {
    /// RFC 1035 section 4.1.1: 0 no error, 2 server failure, 3 no such name.
    var code: UInt8
    /// Whether the rest did not fit, so that TCP must be asked.
    var isTruncated: Bool
    var exchanges: [MailExchange] = []
    var addresses: [IPAddress] = []

    /// No domain has more hosts than are looked at.
    private static let most = 64

    /// Reads a message; nil where it is no answer to this query, whatever is wrong with it.
    init?(_ octets: [UInt8], to query: DNSQuery) {
        var reader = DNSReader(octets)
        guard let id = reader.number(2), id == Int(query.id), let flags = reader.number(2), flags & 0x8000 != 0,
            let questions = reader.number(2), questions == 1, let answers = reader.number(2), reader.skip(4),
            reader.name() == query.name, reader.number(2) == Int(query.type.rawValue), reader.skip(2)
        else { return nil }
        code = UInt8(flags & 15)
        isTruncated = flags & 0x0200 != 0
        for _ in 0..<min(answers, 256) {
            guard reader.name() != nil, let type = reader.number(2), reader.skip(6), let length = reader.number(2),
                let end = reader.position(after: length)
            else { return }
            take(type, length, &reader)
            reader.move(to: end)
        }
    }

    private mutating func take(_ type: Int, _ length: Int, _ reader: inout DNSReader) {
        switch DNSType(rawValue: UInt16(truncatingIfNeeded: type)) {
        case .mx where exchanges.count < Self.most:
            guard let preference = reader.number(2), let host = reader.name() else { return }
            exchanges.append(MailExchange(preference: UInt16(truncatingIfNeeded: preference), host: host))
        case .a where length == 4 && addresses.count < Self.most:
            guard let bits = reader.number(4) else { return }
            addresses.append(IPAddress(v4: UInt32(truncatingIfNeeded: bits)))
        case .aaaa where length == 16 && addresses.count < Self.most:
            let parts = (0..<4).map { _ in UInt64(reader.number(4) ?? 0) }
            addresses.append(IPAddress(high: parts[0] << 32 | parts[1], low: parts[2] << 32 | parts[3]))
        default: break
        }
    }
}

/// Reads a DNS message from its octets; neither a length nor a pointer leads beyond them or in circles.
private struct DNSReader {
    private let octets: [UInt8]
    private var index = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    mutating func number(_ count: Int) -> Int? {
        guard octets.count - index >= count else { return nil }
        defer { index += count }
        return octets[index..<index + count].reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func skip(_ count: Int) -> Bool {
        guard octets.count - index >= count else { return false }
        index += count
        return true
    }

    func position(after count: Int) -> Int? { octets.count - index >= count ? index + count : nil }

    mutating func move(to position: Int) { index = position }

    /// A name in lower case without its last dot (RFC 1035 section 4.1.4); nil for what is none, or holds odd octets.
    mutating func name() -> String? {
        var labels: [String] = []
        var place = index
        var end: Int?
        var length = 0
        // A name has at most 128 labels; more steps than that are pointers in circles.
        for _ in 0..<256 {
            guard place < octets.count else { return nil }
            let count = Int(octets[place])
            switch count {
            case 0:
                index = end ?? place + 1
                return labels.joined(separator: ".")
            case 1...63:
                guard octets.count - place > count else { return nil }
                let label = octets[place + 1...place + count]
                length += count + 1
                guard length <= 255, label.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ".") }) else {
                    return nil
                }
                labels.append(String(decoding: label, as: UTF8.self).lowercased())
                place += count + 1
            case 192...:
                guard octets.count - place > 1 else { return nil }
                end = end ?? place + 2
                place = (count & 63) << 8 | Int(octets[place + 1])
            default: return nil
            }
        }
        return nil
    }
}
