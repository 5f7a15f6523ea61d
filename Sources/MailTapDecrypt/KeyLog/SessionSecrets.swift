/// The secrets of one TLS connection, as a key log holds them (RFC 9850 section 2).
struct SessionSecrets: Sendable, Equatable {
    /// TLS 1.2 and before: the master secret, 48 octets (`CLIENT_RANDOM`).
    var master: [UInt8]?
    /// TLS 1.3: `CLIENT_EARLY_TRAFFIC_SECRET`, of few connections.
    var clientEarly: [UInt8]?
    /// TLS 1.3: `CLIENT_HANDSHAKE_TRAFFIC_SECRET`.
    var clientHandshake: [UInt8]?
    /// TLS 1.3: `SERVER_HANDSHAKE_TRAFFIC_SECRET`.
    var serverHandshake: [UInt8]?
    /// TLS 1.3: `CLIENT_TRAFFIC_SECRET_0`.
    var clientTraffic: [UInt8]?
    /// TLS 1.3: `SERVER_TRAFFIC_SECRET_0`.
    var serverTraffic: [UInt8]?

    /// Whether everything is there that a TLS 1.3 connection needs; its lines are written one after another.
    var isWholeForTLS13: Bool {
        clientHandshake != nil && serverHandshake != nil && clientTraffic != nil && serverTraffic != nil
    }

    /// Whether anything of a TLS 1.3 connection's content can be opened.
    var helpsTLS13: Bool { clientTraffic != nil || serverTraffic != nil }

    /// Keeps what a line of the key log says; labels that are not needed are passed over.
    mutating func learn(_ label: KeyLogLine.Label, _ secret: [UInt8]) {
        switch label {
        case .master: if secret.count == 48 { master = secret }
        case .clientEarly: clientEarly = secret
        case .clientHandshake: clientHandshake = secret
        case .serverHandshake: serverHandshake = secret
        case .clientTraffic: clientTraffic = secret
        case .serverTraffic: serverTraffic = secret
        }
    }
}
