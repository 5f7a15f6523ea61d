public import NIOSSL

/// The versions of TLS that a leg may use.
public struct TLSVersions: Sendable, Hashable {
    /// One version of TLS; SSL is none.
    public enum Version: String, Sendable, Hashable, CaseIterable, Comparable {
        /// TLS 1.0 (RFC 2246), for the oldest devices alone.
        case tls10 = "1.0"
        /// TLS 1.1 (RFC 4346).
        case tls11 = "1.1"
        /// TLS 1.2 (RFC 5246).
        case tls12 = "1.2"
        /// TLS 1.3 (RFC 8446).
        case tls13 = "1.3"

        /// Older before newer.
        public static func < (lhs: Version, rhs: Version) -> Bool { lhs.rawValue < rhs.rawValue }

        var library: TLSVersion {
            switch self {
            case .tls10: .tlsv1
            case .tls11: .tlsv11
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
        }
    }

    /// The oldest that is allowed.
    public var minimum: Version
    /// The newest that is allowed.
    public var maximum: Version

    /// Versions from one to another; by default 1.2 and 1.3 (RFC 8996 retires the older ones).
    public init(from minimum: Version = .tls12, to maximum: Version = .tls13) {
        self.minimum = minimum
        self.maximum = max(minimum, maximum)
    }
}

extension TLSVersion {
    /// The version as records write it: `TLSv1.3`.
    var words: String {
        switch self {
        case .tlsv1: "TLSv1"
        case .tlsv11: "TLSv1.1"
        case .tlsv12: "TLSv1.2"
        case .tlsv13: "TLSv1.3"
        }
    }
}

extension NIOSSLHandler {
    /// The version that was negotiated, as records write it: `TLSv1.3`; nil before the handshake.
    public var versionWords: String? { tlsVersion?.words }
}
