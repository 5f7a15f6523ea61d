/// An enhanced status code such as `2.1.0` (RFC 3463 section 2), as one word.
///
/// Digits are kept as they were written, leading zeros too.
public struct EnhancedCode: Sendable, Hashable {
    /// Class in bits 24 and up; then, 12 bits each, how many digits a number has (2) and the number (10).
    public let packed: UInt32

    /// A missing code, where a value has no room for an optional.
    @inlinable static var none: EnhancedCode { EnhancedCode(packed: 0) }

    @inlinable init(packed: UInt32) { self.packed = packed }

    /// Whether all three numbers have one digit, as nearly always.
    public var isShort: Bool { packed & 0xC0_0C00 == 0x40_0400 }
    /// 2, 4 or 5: success, a passing failure, a lasting one.
    public var kind: Int { Int(packed >> 24) }
    /// What it is about (RFC 3463 section 3), 0...999.
    public var subject: Int { Int(packed >> 12 & 0x3FF) }
    /// What it says of that, 0...999.
    public var detail: Int { Int(packed & 0x3FF) }

    /// The code at the front of a reply's text (RFC 2034 section 4); nil where none stands there.
    public init?(in text: RawSpan) {
        // Few texts that carry none get further than this.
        guard text.byteCount >= 5, text.octet(at: 1) == 46 else { return nil }
        let kind = text.octet(at: 0)
        guard kind == 50 || kind == 52 || kind == 53 else { return nil }
        var index = 2
        guard let subject = Self.number(text, &index), index < text.byteCount, text.octet(at: index) == 46 else {
            return nil
        }
        index += 1
        guard let detail = Self.number(text, &index),
            index == text.byteCount || SMTPBlank.contains(text.octet(at: index))
        else { return nil }
        packed = UInt32(kind - 48) << 24 | subject << 12 | detail
    }

    /// The code that this text is; nil where it is none.
    public init?(_ text: String) {
        let octets = Array(text.utf8)
        guard !octets.contains(where: SMTPBlank.contains) else { return nil }
        self.init(in: octets.span.bytes)
    }

    /// One to three digits.
    private static func number(_ text: RawSpan, _ index: inout Int) -> UInt32? {
        let start = index
        var value: UInt32 = 0
        while index < text.byteCount, case let octet = text.octet(at: index), octet >= 48, octet <= 57 {
            guard index - start < 3 else { return nil }
            value = value * 10 + UInt32(octet - 48)
            index += 1
        }
        return index == start ? nil : UInt32(index - start) << 10 | value
    }
}

extension EnhancedCode: CustomStringConvertible {
    /// As it was written.
    public var description: String {
        var octets: [UInt8] = []
        octets.reserveCapacity(9)
        append(to: &octets)
        return String(decoding: octets, as: UTF8.self)
    }

    /// Appends it as it was written.
    public func append(to octets: inout [UInt8]) {
        octets.append(UInt8(48 + packed >> 24 & 15))
        Self.append(packed >> 12 & 0xFFF, to: &octets)
        Self.append(packed & 0xFFF, to: &octets)
    }

    private static func append(_ number: UInt32, to octets: inout [UInt8]) {
        octets.append(46)
        let digits = number >> 10
        let value = number & 0x3FF
        if digits > 2 { octets.append(UInt8(48 + value / 100 % 10)) }
        if digits > 1 { octets.append(UInt8(48 + value / 10 % 10)) }
        octets.append(UInt8(48 + value % 10))
    }
}
