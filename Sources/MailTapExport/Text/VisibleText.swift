import MailTapAnalysis

/// Text from a peer made safe and honest for a terminal.
///
/// Nothing that could move the cursor, change colours or reverse the direction of writing goes through: control
/// characters become `^X`, octets that are not UTF-8 `\xHH`, characters that cannot be seen `<U+HHHH>`.
public enum VisibleText {
    /// Appends octets, made visible; returns the columns that they take.
    @discardableResult
    static func append(_ octets: some Collection<UInt8>, to out: inout [UInt8]) -> Int {
        if let plain = octets.withContiguousStorageIfAvailable({ appendASCII($0, to: &out) }), let plain {
            return plain
        }
        var columns = 0
        var rest = Array(octets)[...]
        while !rest.isEmpty {
            // The longest stretch up to the first octet that belongs to no valid sequence, decoded by the standard library.
            let (scalar, length) = decode(rest)
            if let scalar {
                columns += append(scalar, to: &out)
            } else {
                out.append("\\x")
                out.append(hex(rest[rest.startIndex] >> 4))
                out.append(hex(rest[rest.startIndex] & 15))
                columns += 4
            }
            rest = rest.dropFirst(length)
        }
        return columns
    }

    /// Appends text, made visible; returns the columns that it takes.
    @discardableResult
    static func append(text: String, to out: inout [UInt8]) -> Int {
        var text = text
        if let plain = text.withUTF8({ appendASCII($0, to: &out) }) { return plain }
        var columns = 0
        for scalar in text.unicodeScalars { columns += append(scalar, to: &out) }
        return columns
    }

    /// Text made visible.
    public static func of(_ text: String) -> String {
        var out: [UInt8] = []
        append(text: text, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Whether a character would act on the terminal, or hide, instead of showing.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value >= 0x80 else { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: return true
        default: return false
        }
    }

    /// Columns that a text without hidden characters takes on a terminal.
    public static func columns(of text: some StringProtocol) -> Int {
        // Nearly always ASCII, where each octet takes one.
        let plain = text.utf8.withContiguousStorageIfAvailable { octets in
            octets.allSatisfy { $0 < 0x80 } ? octets.count : nil
        }
        if let plain, let plain { return plain }
        return text.unicodeScalars.reduce(0) { $0 + $1.terminalColumns }
    }

    /// Columns that the octets of such a text take.
    static func columns(of octets: [UInt8]) -> Int {
        octets.allSatisfy { $0 < 0x80 } ? octets.count : columns(of: String(decoding: octets, as: UTF8.self))
    }

    private static func appendASCII(_ octets: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) -> Int? {
        guard octets.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
        out.append(contentsOf: octets)
        return octets.count
    }

    private static func append(_ scalar: Unicode.Scalar, to out: inout [UInt8]) -> Int {
        guard isHidden(scalar) else {
            out.append(contentsOf: String(scalar).utf8)
            return scalar.terminalColumns
        }
        if scalar.value < 0x80 {
            out.append(UInt8(ascii: "^"))
            out.append(UInt8(truncatingIfNeeded: scalar.value ^ 0x40))
            return 2
        }
        let number = String(scalar.value, radix: 16, uppercase: true)
        let shown = "<U+" + String(repeating: "0", count: max(0, 4 - number.utf8.count)) + number + ">"
        out.append(text: shown)
        return shown.utf8.count
    }

    /// The first character of octets that are not empty, nil where the first octet belongs to none.
    private static func decode(_ octets: ArraySlice<UInt8>) -> (Unicode.Scalar?, Int) {
        guard let first = octets.first else { return (nil, 1) }
        let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard let text = String(validating: octets.prefix(length), as: UTF8.self),
            let scalar = text.unicodeScalars.first
        else { return (nil, 1) }
        return (scalar, length)
    }

    private static func hex(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
