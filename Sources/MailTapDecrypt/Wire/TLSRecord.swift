/// One record (RFC 8446 section 5.1, RFC 5246 section 6.2.1).
struct TLSRecord: Sendable, Equatable {
    /// What a record carries.
    enum ContentType: UInt8, Sendable {
        case changeCipherSpec = 20
        case alert = 21
        case handshake = 22
        case applicationData = 23
        case heartbeat = 24
    }

    /// Octets of a record's header.
    static let headerLength = 5
    /// The most octets that follow a header: 2^14, and 2048 of expansion (RFC 5246 section 6.2.3).
    static let longestFragment = 16_384 + 2_048

    var type: ContentType
    /// The version in the header; says little (RFC 8446 section 5.1).
    var version: UInt16
    var fragment: [UInt8]

    /// The header as it was sent, for the additional data of TLS 1.3 (RFC 8446 section 5.2).
    var header: [UInt8] { Self.header(type, version, length: fragment.count) }

    /// A header for a fragment of this length, as MACs cover it.
    static func header(_ type: ContentType, _ version: UInt16, length: Int) -> [UInt8] {
        [
            type.rawValue, UInt8(version >> 8), UInt8(truncatingIfNeeded: version),
            UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length),
        ]
    }
}
