import MailTapCore

/// Base64 tokens of SASL exchanges (RFC 4954 section 4, RFC 5034 section 4).
enum SASLToken {
    /// The words between blanks.
    static func words(_ octets: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        octets.split { $0 == 32 || $0 == 9 }
    }

    /// The octets that a token stands for, or nil for what is no base64; `=` stands for none.
    static func decode(_ token: ArraySlice<UInt8>) -> [UInt8]? {
        if token.elementsEqual([UInt8(ascii: "=")]) { return [] }
        var decoder = Base64Decoder()
        var out: [UInt8] = []
        let copy = Array(token)
        decoder.decode(copy.span.bytes, into: &out)
        guard isWellFormed(token) else { return nil }
        return out
    }

    /// Whether a token is base64 with its padding (RFC 4648 section 4).
    static func isWellFormed(_ token: ArraySlice<UInt8>) -> Bool {
        if token.elementsEqual([UInt8(ascii: "=")]) { return true }
        guard token.count % 4 == 0 else { return false }
        var body = token
        for _ in 0..<2 where body.last == UInt8(ascii: "=") { body.removeLast() }
        return body.allSatisfy { octet in
            switch octet {
            case 48...57, 65...90, 97...122, UInt8(ascii: "+"), UInt8(ascii: "/"): true
            default: false
            }
        }
    }
}
