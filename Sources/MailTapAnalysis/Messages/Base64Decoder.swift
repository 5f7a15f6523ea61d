import MailTapCore

/// Base64 (RFC 2045 section 6.8): octets outside the alphabet are skipped, complete padding ends the data.
struct Base64Decoder {
    private var bits: UInt32 = 0
    private var digits = 0
    private var pads = 0
    private(set) var isDone = false
    /// Whether an octet that is neither of the alphabet, nor padding, nor a blank or line end was skipped.
    private(set) var sawJunk = false

    /// Whether digits came whose group of four is not whole, nor filled up by padding.
    var isCutOff: Bool { digits != 0 && !isDone }

    /// The value of each octet as a base64 digit; 0x80 for line ends and blanks, 0x81 for padding, 0xFF for the rest.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        alphabet.withUTF8Buffer { letters in
            for (value, letter) in letters.enumerated() { table[Int(letter)] = UInt8(truncatingIfNeeded: value) }
        }
        for blank in [9, 10, 13, 32] { table[blank] = 0x80 }
        table[Int(UInt8(ascii: "="))] = 0x81
        return table
    }()

    /// Appends to `out` what the next octets stand for.
    mutating func decode(_ bytes: RawSpan, into out: inout [UInt8]) {
        guard !isDone else { return }
        let start = out.count
        // Four digits give three octets, and at most three digits are left over from before.
        let room = bytes.byteCount / 4 * 3 + 8
        out.append(contentsOf: repeatElement(0, count: room))
        let written = out.withUnsafeMutableBytes { decode(bytes, into: $0, at: start) }
        out.removeLast(start + room - written)
    }

    /// Writes what the octets stand for from offset `start` on, where there is room for it; returns the offset behind.
    private mutating func decode(_ bytes: RawSpan, into out: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
        var written = start
        // Memory that is valid for the closures; reads are checked against `input.count`, and of the writes there are
        // fewer than the room made for them.
        bytes.withUnsafeBytes { input in
            Self.values.withUnsafeBufferPointer { values in
                var index = 0
                while index < input.count {
                    if digits == 0 {
                        while index + 4 <= input.count {
                            let a = values[Int(input[index])], b = values[Int(input[index + 1])]
                            let c = values[Int(input[index + 2])], d = values[Int(input[index + 3])]
                            guard (a | b | c | d) & 0x80 == 0 else { break }
                            let quad = UInt32(a) << 18 | UInt32(b) << 12 | UInt32(c) << 6 | UInt32(d)
                            out[written] = UInt8(truncatingIfNeeded: quad >> 16)
                            out[written + 1] = UInt8(truncatingIfNeeded: quad >> 8)
                            out[written + 2] = UInt8(truncatingIfNeeded: quad)
                            written += 3
                            index += 4
                        }
                        guard index < input.count else { break }
                    }
                    if let octet = step(values[Int(input[index])]) {
                        out[written] = octet
                        written += 1
                    }
                    if isDone { break }
                    index += 1
                }
            }
        }
        return written
    }

    /// Looks for what is no base64, and decodes nothing: for those who want no more than `sawJunk`.
    mutating func check(_ bytes: RawSpan) {
        var index = 0
        while index < bytes.byteCount, !isDone {
            let stretch = bytes.base64Census(from: index)
            if stretch.length > 0, stretch.isClean {
                let taken = stretch.length - stretch.lineEnds
                if taken > 0 { pads = 0 }
                digits = (digits + taken) & 3
                index += stretch.length
                continue
            }
            // The rest of the octets, or a stretch with padding or something odd in it.
            let end = stretch.length > 0 ? index + stretch.length : bytes.byteCount
            while index < end, !isDone {
                _ = step(Self.values[Int(bytes[octet: index])])
                index += 1
            }
        }
    }

    /// Takes one octet's value; each octet is given as soon as its bits are there, so that missing padding loses nothing.
    private mutating func step(_ value: UInt8) -> UInt8? {
        switch value {
        case 0..<64:
            pads = 0
            bits = bits << 6 | UInt32(value)
            digits += 1
            switch digits {
            case 1: return nil
            case 2: return UInt8(truncatingIfNeeded: bits >> 4)
            case 3: return UInt8(truncatingIfNeeded: bits >> 2)
            default:
                let octet = UInt8(truncatingIfNeeded: bits)
                digits = 0
                bits = 0
                return octet
            }
        case 0x81:
            guard digits >= 2 else { break }
            pads += 1
            isDone = digits + pads >= 4
        case 0x80: break
        default: sawJunk = true
        }
        return nil
    }
}
