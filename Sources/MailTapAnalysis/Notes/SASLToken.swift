import MailTapCore

/// Base64 tokens of SASL exchanges (RFC 4954 section 4, RFC 5034 section 4).
enum SASLToken {
    /// The words between blanks.
    static func words(_ octets: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        octets.split { $0 == 32 || $0 == 9 }
    }

    /// The octets that a token stands for, or nil for what is no base64; `=` stands for none.
    static func decode(_ token: ArraySlice<UInt8>) -> [UInt8]? {
        token.elementsEqual([UInt8(ascii: "=")]) ? [] : Base64.decode(token)
    }

    /// Whether a token of base64 has less padding than its length asks for (RFC 4648 section 3.2).
    static func lacksPadding(_ token: ArraySlice<UInt8>) -> Bool {
        token.count % 4 != 0 && !token.elementsEqual([UInt8(ascii: "=")])
    }

    /// The octets that a token stands for; nil for what is no base64, or a plain word that only looks so: it lacks padding
    /// and stands for no text.
    static func decodeName(_ token: ArraySlice<UInt8>) -> [UInt8]? {
        guard let octets = decode(token) else { return nil }
        guard lacksPadding(token) else { return octets }
        let isText = UTF8Form.isValid(octets) && octets.allSatisfy { $0 >= 32 && $0 != 127 }
        return isText ? octets : nil
    }

    /// Whether a token was masked whole, so that nothing can be said of it.
    static func isMasked(_ token: ArraySlice<UInt8>) -> Bool {
        !token.isEmpty && token.allSatisfy { $0 == SecretMasking.mask }
    }
}
