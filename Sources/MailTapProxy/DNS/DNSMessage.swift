import MailTapCore

/// The record types that finding a mail host needs (RFC 1035 section 3.2.2, RFC 3596).
enum DNSType: UInt16, Sendable, Hashable {
    case a = 1
    case mx = 15
    case aaaa = 28

    var name: String {
        switch self {
        case .a: "A"
        case .mx: "MX"
        case .aaaa: "AAAA"
        }
    }
}

/// One MX record (RFC 1035 section 3.3.9); the empty host is the root, which RFC 7505 gives a meaning.
struct MailExchange: Sendable, Hashable {
    var preference: UInt16
    var host: String
}

/// One question to a DNS server (RFC 1035 section 4.1).
struct DNSQuery: Sendable, Hashable {
    let id: UInt16
    /// In lower case, without a dot at the end.
    let name: String
    let type: DNSType

    init(id: UInt16, name: String, type: DNSType) {
        self.id = id
        self.name = String(name.lowercased().reversed().drop { $0 == "." }.reversed())
        self.type = type
    }

    /// The message; nil where the name is none that DNS can hold.
    var octets: [UInt8]? {
        // Recursion desired, one question.
        var message: [UInt8] = [UInt8(id >> 8), UInt8(id & 255), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        var length = 1
        for label in name.split(separator: ".", omittingEmptySubsequences: false) {
            let octets = Array(label.utf8)
            guard (1...63).contains(octets.count) else { return nil }
            length += octets.count + 1
            message.append(UInt8(octets.count))
            message += octets
        }
        guard length <= 255 else { return nil }
        return message + [0, 0, UInt8(type.rawValue), 0, 1]
    }
}
