import Crypto
import MailTapCore

/// Reads a message as its octets pass: size, digest or fingerprint, header section, the leaves of its MIME tree.
///
/// Memory is bounded, whatever the message: the header section being read (256 KiB kept), one line that may be a
/// boundary, and one entry per part (10,000 at most). The answer does not depend on how the octets are cut into pieces.
public struct MessageScanner {
    private var bytes: UInt64 = 0
    private var sum: ContentSum.Taker
    private var tree: MIMEScanner

    /// A scanner that has seen nothing yet.
    ///
    /// - Parameters:
    ///   - digestsParts: whether parts get digests of their own.
    ///   - decodesFields: whether to work out what header fields say beyond what rules ask for.
    public init(digestsParts: Bool = true, decodesFields: Bool = true) {
        self.init(digestsParts: digestsParts, decodesFields: decodesFields, sum: .digest(SHA256()))
    }

    /// A scanner that works out this of the whole message.
    init(digestsParts: Bool, decodesFields: Bool, sum: ContentSum.Taker) {
        self.sum = sum
        tree = MIMEScanner(digestsParts: digestsParts, decodesFields: decodesFields)
    }

    /// The next octets of the message, dot-stuffing undone.
    public mutating func receive(_ octets: RawSpan) {
        guard octets.byteCount > 0 else { return }
        bytes &+= UInt64(octets.byteCount)
        sum.receive(octets)
        tree.receive(octets)
    }

    /// The message is over (or was cut off): what it was.
    ///
    /// A message of no octets has no parts. Where there is at least one octet there is at least one part.
    ///
    /// Nothing is to be received afterwards.
    ///
    /// - Returns: number of octets, what was worked out of them as a whole, and what they say.
    mutating func finish() -> (bytes: UInt64, sum: ContentSum, content: MessageContent) {
        let content = bytes == 0 ? MessageContent() : tree.finish()
        return (bytes, sum.finish(), content)
    }

    /// Reads a whole message at once.
    ///
    /// - Returns: number of octets, SHA-256 of them, and what they say.
    public static func scan(_ octets: [UInt8]) -> (bytes: UInt64, digest: ContentDigest, content: MessageContent) {
        var scanner = MessageScanner(digestsParts: true, decodesFields: true, sum: .none)
        scanner.receive(octets.span.bytes)
        let (bytes, _, content) = scanner.finish()
        return (bytes, ContentDigest(of: octets), content)
    }
}
