/// The extensions of hello messages that matter here (RFC 8446 section 4.2).
enum HelloExtension {
    static let serverName = 0
    static let applicationProtocols = 16
    static let encryptThenMAC = 22
    static let earlyData = 42
    static let supportedVersions = 43

    /// The first host name of a server_name extension (RFC 6066 section 3).
    static func serverName(_ value: inout WireReader) -> String? {
        guard var list = value.vector(2) else { return nil }
        while let type = list.number(1), let name = list.vector(2) {
            if type == 0 { return PeerText.of(name.rest) }
        }
        return nil
    }

    /// The names of an ALPN extension (RFC 7301 section 3.1), at most 32.
    static func applicationProtocols(_ value: inout WireReader) -> [String] {
        guard var list = value.vector(2) else { return [] }
        var names: [String] = []
        while names.count < 32, let name = list.vector(1) {
            if let text = PeerText.of(name.rest) { names.append(text) }
        }
        return names
    }
}
