import MailTapCore

/// Quoted-printable (RFC 2045 section 6.7): an `=` that encodes nothing stays as it is.
struct QuotedPrintableDecoder {
    private enum State {
        case text
        case equals
        case firstDigit(octet: UInt8, value: UInt8)
        case softBreak
        /// Blanks behind an `=`, which transport may have added to the line (section 6.7, rule 3).
        case padding
    }

    private var state = State.text
    /// Whether an `=` came that encodes nothing.
    private(set) var sawJunk = false

    /// Appends to `out` what the next octets stand for.
    mutating func decode(_ bytes: RawSpan, into out: inout [UInt8]) {
        var index = 0
        while index < bytes.byteCount {
            if case .text = state {
                let next = bytes.firstIndex(of: UInt8(ascii: "="), from: index)
                let end = next ?? bytes.byteCount
                bytes.extracting(index..<end).withUnsafeBytes { out.append(contentsOf: $0) }
                guard next != nil else { return }
                state = .equals
                index = end + 1
                continue
            }
            if step(bytes[octet: index], into: &out) { index += 1 }
        }
    }

    /// Takes an octet behind an `=`; false where it is to be read again as text.
    private mutating func step(_ octet: UInt8, into out: inout [UInt8]) -> Bool {
        switch state {
        case .text: return false
        case .softBreak:
            if octet == 10 { state = .text }
            return true
        case .padding:
            if SMTPBlank.contains(octet) {
                out.append(octet)
                return true
            }
            if octet != 10, octet != 13 { sawJunk = true }
            state = .text
            return false
        case .equals:
            if octet == 10 {
                state = .text
            } else if octet == 13 {
                state = .softBreak
            } else if octet == UInt8(ascii: "=") {
                sawJunk = true
                out.append(octet)
                state = .text
            } else if SMTPBlank.contains(octet) {
                out.append(UInt8(ascii: "="))
                state = .padding
                return false
            } else if let value = SMTPGrammar.hexDigit(octet) {
                state = .firstDigit(octet: octet, value: value)
            } else {
                sawJunk = true
                out.append(UInt8(ascii: "="))
                state = .text
                return false
            }
            return true
        case .firstDigit(let first, let high):
            state = .text
            guard let low = SMTPGrammar.hexDigit(octet) else {
                sawJunk = true
                out.append(UInt8(ascii: "="))
                out.append(first)
                return false
            }
            out.append(high << 4 | low)
            return true
        }
    }

    /// Appends what an unfinished `=` at the very end stands for.
    mutating func finish(into out: inout [UInt8]) {
        if case .firstDigit(let first, _) = state {
            sawJunk = true
            out.append(UInt8(ascii: "="))
            out.append(first)
        }
        state = .text
    }
}
