import Crypto
import MailTapCore

/// What tells a message's octets as a whole.
enum ContentSum: Sendable, Equatable {
    case none
    case digest(ContentDigest)
    case fingerprint(ContentFingerprint)

    /// It, while the octets come.
    enum Taker {
        case none
        case digest(SHA256)
        case fingerprint(ContentFingerprint.Taker)

        mutating func receive(_ bytes: RawSpan) {
            switch self {
            case .none: return
            case .digest(var hasher):
                // Taken out, or its state would be copied with each piece.
                self = .none
                bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
                self = .digest(hasher)
            case .fingerprint(var taker):
                taker.receive(bytes)
                self = .fingerprint(taker)
            }
        }

        func finish() -> ContentSum {
            switch self {
            case .none: .none
            case .digest(let hasher): .digest(ContentDigest(hasher.finalize()))
            case .fingerprint(let taker): .fingerprint(taker.finish())
            }
        }
    }
}
