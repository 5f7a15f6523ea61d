/// Gathers a client's first handshake message, however it is cut into records and segments.
public struct ClientHelloReader: Sendable {
    /// What the octets so far amount to.
    public enum Outcome: Sendable, Equatable {
        /// More is needed to say.
        case incomplete
        /// The whole message is there; octets may stand behind it.
        case hello(ClientHello)
        /// This is no handshake of TLS.
        case notTLS
    }

    /// Longer than any that is in use, post-quantum key shares included.
    private static let longest = 16_384

    /// Everything that was given.
    public private(set) var octets: [UInt8] = []

    /// A reader that was given nothing yet.
    public init() {}

    /// Whether octets begin as a TLS handshake does: with a record of type 22 (RFC 8446 section 5.1).
    ///
    /// No line of a mail protocol begins with that octet.
    public static func mayBegin(with octets: some Collection<UInt8>) -> Bool { octets.first == 22 }

    /// Takes more octets and judges all of them.
    public mutating func receive(_ more: some Sequence<UInt8>) -> Outcome {
        octets += more
        return outcome
    }

    private var outcome: Outcome {
        var message: [UInt8] = []
        var reader = OctetReader(octets[...])
        while !reader.isAtEnd {
            guard let kind = reader.number(1) else { return .incomplete }
            guard kind == 22 else { return .notTLS }
            guard let major = reader.number(1) else { return .incomplete }
            guard major == 3 else { return .notTLS }
            guard reader.number(1) != nil, let length = reader.number(2) else { return .incomplete }
            guard (1...16_384).contains(length) else { return .notTLS }
            guard let fragment = reader.take(length) else {
                return octets.count > Self.longest ? .notTLS : .incomplete
            }
            message += fragment
            if let found = Self.judge(message) { return found }
        }
        return .incomplete
    }

    private static func judge(_ message: [UInt8]) -> Outcome? {
        var reader = OctetReader(message[...])
        guard let kind = reader.number(1) else { return nil }
        guard kind == 1 else { return .notTLS }
        guard let length = reader.number(3) else { return nil }
        guard length <= longest else { return .notTLS }
        guard let body = reader.take(length) else { return nil }
        return .hello(ClientHello(body: body))
    }
}
