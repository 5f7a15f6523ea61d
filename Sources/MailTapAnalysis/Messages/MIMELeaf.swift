import Crypto
import MailTapCore

/// A leaf of the MIME tree while its octets come: decodes, counts, digests.
struct MIMELeaf {
    // What every piece touches stands first.

    private var decoder: TransferDecoder
    /// Nil where no digest is wanted.
    private var hasher: SHA256?
    /// The decoded octets themselves, for the small machine-readable reports; nil for all other types.
    private(set) var kept: [UInt8]?
    private var bytes: UInt64 = 0
    private var decoded: [UInt8] = []
    /// Whether anybody asks for the octets that base64 stands for, or for their number.
    private let isDecoded: Bool
    /// Whether octets above 127 have no place in it as it travels.
    private let is7Bit: Bool
    private var saw8Bit = false
    /// Stands for a multipart whose first boundary was not seen yet; dropped when it is.
    let isProvisional: Bool
    /// Whether that boundary is looked for: not where it is not declared, nor in what lies too deep.
    let awaitsBoundary: Bool
    private var charset: CharsetWitness
    private(set) var part: MessagePart

    /// Octets of a report that are read (RFC 3464, 8098).
    static let keptLimit = 65_536

    init(
        part: MessagePart, _ kind: MediaKind, decoder: TransferDecoder, is7Bit: Bool, isDigested: Bool,
        awaitsBoundary: Bool
    ) {
        self.is7Bit = is7Bit
        hasher = isDigested ? SHA256() : nil
        self.part = part
        self.decoder = decoder
        isProvisional = kind == .multipart
        self.awaitsBoundary = awaitsBoundary
        charset = CharsetWitness(part.charset, isText: kind == .text)
        if kind == .report { kept = [] }
        isDecoded = isDigested || charset.isWatching || kind == .report
    }

    /// Takes octets of the body.
    ///
    /// - Parameter isASCII: whether it is known that none of them is above 127, nor was any before.
    mutating func receive(_ bytes: RawSpan, isASCII: Bool) {
        if !isASCII, is7Bit, !saw8Bit { saw8Bit = bytes.containsHighBit }
        switch decoder {
        case .identity: digest(bytes, isASCII: isASCII)
        case .base64(var base64) where !isDecoded:
            base64.check(bytes)
            decoder = .base64(base64)
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
        digest(octets.span.bytes, isASCII: false)
    }

    private mutating func digest(_ bytes: RawSpan, isASCII: Bool) {
        guard bytes.byteCount > 0 else { return }
        self.bytes &+= UInt64(bytes.byteCount)
        bytes.withUnsafeBytes { hasher?.update(bufferPointer: $0) }
        if !isASCII { charset.receive(bytes) }
        if let count = kept?.count, count < Self.keptLimit {
            let taken = bytes.extracting(0..<min(bytes.byteCount, Self.keptLimit - count))
            taken.withUnsafeBytes { kept?.append(contentsOf: $0) }
        }
    }

    /// Completes `part`.
    ///
    /// - Returns: what is wrong with it.
    mutating func finish() -> Set<MessageDefect> {
        var defects: Set<MessageDefect> = []
        if case .quotedPrintable(var quoted) = decoder {
            decoded.removeAll(keepingCapacity: true)
            quoted.finish(into: &decoded)
            digestDecoded()
            if quoted.sawJunk || saw8Bit { defects.insert(.badQuotedPrintable) }
        } else if saw8Bit {
            defects.insert(.eightBitIn7Bit)
        }
        if case .base64(let base64) = decoder {
            if base64.sawJunk {
                defects.insert(.badBase64)
            } else if base64.isCutOff {
                defects.insert(.base64CutOff)
            }
        }
        if charset.isContradicted { defects.insert(.charsetContradicted) }
        part.bytes = bytes
        part.digest = hasher.map { ContentDigest($0.finalize()) }
        return defects
    }
}
