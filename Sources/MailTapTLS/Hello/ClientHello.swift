/// What a client says first in TLS, as far as a proxy goes by it (RFC 8446 section 4.1.2).
public struct ClientHello: Sendable, Hashable {
    /// The server's name that it asks for (RFC 6066 section 3), in lower case; nil for none.
    public var serverName: String?
    /// The application protocols that it offers, the favourite first (RFC 7301).
    public var applicationProtocols: [String] = []

    /// A hello that asks for no server and offers no protocol.
    public init(serverName: String? = nil, applicationProtocols: [String] = []) {
        self.serverName = serverName
        self.applicationProtocols = applicationProtocols
    }

    /// Reads the handshake message without its four octets of type and length; what is damaged is left out.
    init(body: ArraySlice<UInt8>) {
        var reader = OctetReader(body)
        // Version, random, session, cipher suites, compression methods.
        guard reader.take(2) != nil, reader.take(32) != nil, reader.vector(1) != nil, reader.vector(2) != nil,
            reader.vector(1) != nil, let extensions = reader.vector(2)
        else { return }
        var list = OctetReader(extensions)
        while let kind = list.number(2), let content = list.vector(2) {
            switch kind {
            case 0: serverName = Self.name(content)
            case 16: applicationProtocols = Self.protocols(content)
            default: break
            }
        }
    }

    private static func name(_ content: ArraySlice<UInt8>) -> String? {
        var reader = OctetReader(content)
        guard let list = reader.vector(2) else { return nil }
        var entries = OctetReader(list)
        while let kind = entries.number(1), let octets = entries.vector(2) {
            guard kind == 0 else { continue }
            var names = ServerNames()
            names.add(String(decoding: octets, as: UTF8.self))
            return names.dns.first
        }
        return nil
    }

    private static func protocols(_ content: ArraySlice<UInt8>) -> [String] {
        var reader = OctetReader(content)
        guard let list = reader.vector(2) else { return [] }
        var entries = OctetReader(list)
        var found: [String] = []
        while found.count < 16, let octets = entries.vector(1) {
            let isText = !octets.isEmpty && octets.allSatisfy { $0 > 32 && $0 < 127 }
            if isText { found.append(String(decoding: octets, as: UTF8.self)) }
        }
        return found
    }
}
