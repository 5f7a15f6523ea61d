/// Watches a text leaf's octets for what its declared charset can't hold.
///
/// A text part without a charset is US-ASCII (RFC 2046 section 4.1.2).
///
/// Only UTF-8 and US-ASCII can be contradicted by octets with certainty; other charsets are taken at their word.
struct CharsetWitness {
    private enum Rule { case none, ascii, utf8 }

    private let rule: Rule
    /// Continuation octets that the current UTF-8 sequence still needs, and the range that the next one must lie in.
    private var needed = 0
    private var lower: UInt8 = 0x80, upper: UInt8 = 0xBF
    private var isBroken = false

    init(_ charset: String?, isText: Bool) {
        guard isText else {
            rule = .none
            return
        }
        switch charset ?? "us-ascii" {
        case "us-ascii", "ascii": rule = .ascii
        case "utf-8", "utf8": rule = .utf8
        default: rule = .none
        }
    }

    /// Whether any octets could contradict the charset.
    var isWatching: Bool { rule != .none }

    /// Whether octets came that the charset does not have; a sequence cut off at the very end does not count.
    var isContradicted: Bool { isBroken }

    mutating func receive(_ bytes: RawSpan) {
        guard rule != .none, !isBroken else { return }
        if needed == 0, !bytes.containsHighBit { return }
        guard rule == .utf8 else {
            isBroken = true
            return
        }
        for offset in 0..<bytes.byteCount {
            step(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            if isBroken { return }
        }
    }

    /// RFC 3629 section 4: well-formed sequences only, no surrogates, nothing above U+10FFFF.
    private mutating func step(_ octet: UInt8) {
        if needed > 0 {
            guard octet >= lower, octet <= upper else {
                isBroken = true
                return
            }
            (lower, upper) = (0x80, 0xBF)
            needed -= 1
            return
        }
        switch octet {
        case 0..<0x80: break
        case 0xC2...0xDF: needed = 1
        case 0xE0: (needed, lower) = (2, 0xA0)
        case 0xED: (needed, upper) = (2, 0x9F)
        case 0xE1...0xEF: needed = 2
        case 0xF0: (needed, lower) = (3, 0x90)
        case 0xF4: (needed, upper) = (3, 0x8F)
        case 0xF1...0xF3: needed = 3
        default: isBroken = true
        }
    }
}
