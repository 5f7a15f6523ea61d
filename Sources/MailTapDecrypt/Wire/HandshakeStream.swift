/// Puts handshake messages together from the records that carry them (RFC 8446 section 5.1).
struct HandshakeStream: Sendable {
    /// The message types that matter here (RFC 8446 section 4, RFC 5246 section 7.4).
    enum MessageType: UInt8, Sendable {
        case clientHello = 1
        case serverHello = 2
        case endOfEarlyData = 5
        case encryptedExtensions = 8
        case certificate = 11
        case serverHelloDone = 14
        case finished = 20
        case keyUpdate = 24
    }

    /// One message; those of other types are passed over.
    struct Message: Sendable, Equatable {
        var type: MessageType
        var body: [UInt8]
    }

    /// Octets of a message that are read; longer ones are passed over.
    private static let longestMessage = 131_072

    private var buffer: [UInt8] = []
    private var skipping = 0

    /// Whether a message has begun and not ended.
    var isInMessage: Bool { skipping > 0 || !buffer.isEmpty }

    /// Octets of handshake records.
    mutating func append(_ bytes: [UInt8]) {
        let skipped = min(skipping, bytes.count)
        skipping -= skipped
        buffer += bytes.dropFirst(skipped)
    }

    /// Takes the next message that matters; nil when octets are missing.
    mutating func next() -> Message? {
        while buffer.count >= 4 {
            let length = Int(buffer[1]) << 16 | Int(buffer[2]) << 8 | Int(buffer[3])
            guard length <= Self.longestMessage else {
                let held = min(buffer.count - 4, length)
                skipping = length - held
                buffer.removeFirst(4 + held)
                continue
            }
            guard buffer.count >= 4 + length else { return nil }
            let type = MessageType(rawValue: buffer[0])
            let body = Array(buffer[4..<4 + length])
            buffer.removeFirst(4 + length)
            if let type { return Message(type: type, body: body) }
        }
        return nil
    }
}
