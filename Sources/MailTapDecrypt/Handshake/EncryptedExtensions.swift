/// What a TLS 1.3 server says first under its keys (RFC 8446 section 4.3.1).
struct EncryptedExtensions: Sendable, Equatable {
    /// The application protocol that it chose (RFC 7301).
    private(set) var applicationProtocol: String?
    /// Whether it takes the client's early data (RFC 8446 section 4.2.10).
    private(set) var acceptsEarlyData = false

    /// Reads the message's body, as far as it can be read.
    init(_ body: [UInt8]) {
        var reader = WireReader(body)
        guard var extensions = reader.vector(2) else { return }
        while let type = extensions.number(2), var value = extensions.vector(2) {
            switch type {
            case HelloExtension.applicationProtocols:
                applicationProtocol = applicationProtocol ?? HelloExtension.applicationProtocols(&value).first
            case HelloExtension.earlyData: acceptsEarlyData = true
            default: break
            }
        }
    }
}
