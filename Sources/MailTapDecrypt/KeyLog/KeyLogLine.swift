/// One line of a key log in NSS's format (RFC 9850 section 2): label, client random and secret, in hexadecimal.
struct KeyLogLine: Sendable, Equatable {
    /// The labels whose secrets decrypt content.
    enum Label: String, Sendable {
        case master = "CLIENT_RANDOM"
        case clientEarly = "CLIENT_EARLY_TRAFFIC_SECRET"
        case clientHandshake = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
        case serverHandshake = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
        case clientTraffic = "CLIENT_TRAFFIC_SECRET_0"
        case serverTraffic = "SERVER_TRAFFIC_SECRET_0"
    }

    var label: Label
    /// The random of the ClientHello, 32 octets.
    var clientRandom: [UInt8]
    /// The secret: 48 octets for TLS 1.2, as long as the suite's hash for TLS 1.3.
    var secret: [UInt8]

    /// The line's fields; nil for comments, other labels, and what is no line of a key log.
    init?(_ line: some Collection<UInt8>) {
        let fields = line.split(whereSeparator: { $0 == 32 || $0 == 9 || $0 == 13 })
        guard fields.count == 3, let label = Label(rawValue: String(decoding: fields[0], as: UTF8.self)),
            let random = Self.octets(fields[1]), random.count == 32,
            let secret = Self.octets(fields[2]), secret.count >= 32, secret.count <= 64
        else { return nil }
        self.label = label
        clientRandom = random
        self.secret = secret
    }

    private static func octets(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count <= 256, text.count.isMultiple(of: 2) else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            guard let value = Self.value(character) else { return nil }
            if let first = high {
                octets.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return octets
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case 48...57: character - 48
        case 65...70: character - 55
        case 97...102: character - 87
        default: nil
        }
    }
}
