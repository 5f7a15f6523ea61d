import Crypto
import MailTapCore

/// Reads a message as its octets pass: size, digest, header section, the leaves of its MIME tree.
///
/// Memory is bounded, whatever the message: the header section being read (256 KiB kept), one line that may be a
/// boundary, and one entry per part (10,000 at most). The answer does not depend on how the octets are cut into pieces.
public struct MessageScanner {
    private var bytes: UInt64 = 0
    private var hasher = SHA256()
    private var tree: MIMEScanner

    /// A scanner that has seen nothing yet.
    ///
    /// - Parameters:
    ///   - digestsParts: whether parts get digests of their own.
    ///   - decodesFields: whether to work out what header fields say beyond what rules ask for.
    public init(digestsParts: Bool = true, decodesFields: Bool = true) {
        tree = MIMEScanner(digestsParts: digestsParts, decodesFields: decodesFields)
    }

    /// The next octets of the message, dot-stuffing undone.
    public mutating func receive(_ octets: RawSpan) {
        guard octets.byteCount > 0 else { return }
        bytes &+= UInt64(octets.byteCount)
        octets.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        tree.receive(octets)
    }

    /// The message is over (or was cut off): what it was.
    ///
    /// A message of no octets has no parts. Where there is at least one octet there is at least one part.
    ///
    /// Nothing is to be received afterwards.
    ///
    /// - Returns: number of octets, SHA-256 of them, and what they say.
    public mutating func finish() -> (bytes: UInt64, digest: ContentDigest, content: MessageContent) {
        let content = bytes == 0 ? MessageContent() : tree.finish()
        return (bytes, ContentDigest(hasher.finalize()), content)
    }

    /// Reads a whole message at once.
    public static func scan(_ octets: [UInt8]) -> (bytes: UInt64, digest: ContentDigest, content: MessageContent) {
        var scanner = MessageScanner()
        scanner.receive(octets.span.bytes)
        return scanner.finish()
    }
}
