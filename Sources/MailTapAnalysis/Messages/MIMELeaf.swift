import Crypto
import MailTapCore

/// A leaf of the MIME tree while its octets come: decodes, counts, digests.
struct MIMELeaf {
    var part: MessagePart
    /// Stands for a multipart whose first boundary was not seen yet; dropped when it is.
    let isProvisional: Bool
    private var decoder: TransferDecoder
    /// Nil where no digest is wanted.
    private var hasher: SHA256?
    private var decoded: [UInt8] = []
    private var charset: CharsetWitness
    /// The decoded octets themselves, for the small machine-readable reports; nil for all other types.
    private(set) var kept: [UInt8]?

    /// Octets of a report that are read (RFC 3464, 8098).
    private static let keptLimit = 65_536

    init(part: MessagePart, decoder: TransferDecoder, isDigested: Bool, isProvisional: Bool) {
        hasher = isDigested ? SHA256() : nil
        self.part = part
        self.decoder = decoder
        self.isProvisional = isProvisional
        charset = CharsetWitness(part.charset, isText: part.type.hasPrefix("text/"))
        if MessageReport.types.contains(part.type) { kept = [] }
    }

    mutating func receive(_ bytes: RawSpan) {
        switch decoder {
        case .identity: digest(bytes)
        case .base64(var base64):
            decoded.removeAll(keepingCapacity: true)
            base64.decode(bytes, into: &decoded)
            decoder = .base64(base64)
            digestDecoded()
        case .quotedPrintable(var quoted):
            decoded.removeAll(keepingCapacity: true)
            quoted.decode(bytes, into: &decoded)
            decoder = .quotedPrintable(quoted)
            digestDecoded()
        }
    }

    private mutating func digestDecoded() {
        let octets = decoded
        digest(octets.span.bytes)
    }

    private mutating func digest(_ bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        part.bytes &+= UInt64(bytes.byteCount)
        bytes.withUnsafeBytes { hasher?.update(bufferPointer: $0) }
        charset.receive(bytes)
        if let count = kept?.count, count < Self.keptLimit {
            let taken = bytes.extracting(0..<min(bytes.byteCount, Self.keptLimit - count))
            taken.withUnsafeBytes { kept?.append(contentsOf: $0) }
        }
    }

    /// The leaf as it is, and what is wrong with it.
    mutating func finish() -> (part: MessagePart, defects: Set<MessageDefect>) {
        var defects: Set<MessageDefect> = []
        if case .quotedPrintable(var quoted) = decoder {
            decoded.removeAll(keepingCapacity: true)
            quoted.finish(into: &decoded)
            digestDecoded()
        }
        if case .base64(let base64) = decoder, base64.sawJunk { defects.insert(.badBase64) }
        if charset.isContradicted { defects.insert(.charsetContradicted) }
        part.sha256 = hasher.map { Hexadecimal.text($0.finalize()) } ?? ""
        return (part, defects)
    }
}

/// Octets in lower-case hexadecimal.
enum Hexadecimal {
    static func text(_ octets: some Sequence<UInt8>) -> String {
        let digits: StaticString = "0123456789abcdef"
        return digits.withUTF8Buffer { digits in
            var out: [UInt8] = []
            out.reserveCapacity(64)
            for octet in octets {
                out.append(digits[Int(octet >> 4)])
                out.append(digits[Int(octet & 15)])
            }
            return String(decoding: out, as: UTF8.self)
        }
    }
}
