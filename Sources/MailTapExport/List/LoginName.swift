import MailTapAnalysis
import MailTapCore

/// Who logged in, from the commands that say so.
///
/// A user name is no secret.
enum LoginName {
    /// The name of the last login that was asked for.
    static func of(_ session: Session) -> String? {
        var name: String?
        var mechanism: String?
        for exchange in session.exchanges {
            guard let command = exchange.command else { continue }
            let words = command.line.octets.split(separator: 32)
            switch command.verb {
            case "USER", "APOP":
                // APOP's first argument; the digest behind it is the secret.
                guard words.count > 1 else { continue }
                name = String(decoding: words[1], as: UTF8.self)
            case "AUTH":
                mechanism = words.count > 1 ? String(decoding: words[1], as: UTF8.self).uppercased() : nil
                guard words.count > 2, let user = user(in: words[2], mechanism) else { continue }
                name = user
                // LOGIN's name is its first answer; what follows is the password.
                if mechanism == "LOGIN" { mechanism = nil }
            case "*auth":
                let isSecret = mechanism == "LOGIN" && !command.line.secrets.isEmpty
                guard !isSecret, let user = user(in: command.line.octets[...], mechanism) else { continue }
                name = user
                if mechanism == "LOGIN" { mechanism = nil }
            default: continue
            }
        }
        return name
    }

    private static func user(in token: ArraySlice<UInt8>, _ mechanism: String?) -> String? {
        guard token.count < 16_384, let octets = decodeBase64(token) else { return nil }
        let name: ArraySlice<UInt8>
        switch mechanism {
        case "PLAIN":
            let fields = octets.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            name = fields[1]
        case "LOGIN": name = octets[...]
        case "CRAM-MD5":
            guard let space = octets.lastIndex(of: 32) else { return nil }
            name = octets[..<space]
        case "XOAUTH2":
            guard octets.starts(with: "user=".utf8) else { return nil }
            name = octets.dropFirst(5).prefix { $0 != 1 }
        default: return nil
        }
        guard !name.isEmpty else { return nil }
        return WireText.decode(Array(name)).text
    }

    /// Octets of a base64 text (RFC 4648 section 4); nil where it is none.
    static func decodeBase64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for octet in text {
            let value: UInt8
            switch octet {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = octet - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = octet - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = octet + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="): continue
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return out
    }
}
