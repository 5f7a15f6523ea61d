/// What a ClientHello says in clear (RFC 8446 section 4.1.2).
struct ClientHello: Sendable, Equatable {
    /// 32 octets; key logs name connections by them.
    var random: [UInt8]
    /// The server name that was asked for (RFC 6066 section 3); nil where none was.
    var serverName: String?
    /// Application protocols that were offered (RFC 7301), in order.
    var applicationProtocols: [String] = []
    /// Whether early data may follow at once (RFC 8446 section 4.2.10).
    var offersEarlyData = false

    /// Reads the message's body; nil where it is no ClientHello.
    init?(_ body: [UInt8]) {
        var reader = WireReader(body)
        guard let version = reader.number(2), version >= 0x0300, let random = reader.octets(32),
            reader.vector(1) != nil, let suites = reader.vector(2), suites.count >= 2, reader.vector(1) != nil
        else { return nil }
        self.random = Array(random)
        guard var extensions = reader.vector(2) else { return }
        while let type = extensions.number(2), var value = extensions.vector(2) {
            switch type {
            case HelloExtension.serverName: serverName = HelloExtension.serverName(&value)
            case HelloExtension.applicationProtocols:
                applicationProtocols = HelloExtension.applicationProtocols(&value)
            case HelloExtension.earlyData: offersEarlyData = true
            default: break
            }
        }
    }
}
