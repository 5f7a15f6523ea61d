import MailTapCore

/// Who logged in, from the commands that say so, as they come.
///
/// A user name is no secret.
public struct LoginName: Sendable {
    /// A command that may name the user.
    public enum Step: Sendable {
        /// USER, or APOP: the first argument is the name.
        case user
        /// AUTH: a mechanism, and perhaps a first response.
        case auth
        /// A SASL response.
        case response
    }

    /// The name of the last login that was asked for; nil where there was none.
    public private(set) var name: String?
    private var mechanism: String?

    /// Nobody yet.
    public init() {}

    /// The name of the last login that a session asked for.
    public static func of(_ session: Session) -> String? {
        var login = LoginName()
        for command in session.exchanges.lazy.compactMap(\.command) {
            guard let step = Step(verb: command.verb) else { continue }
            login.note(step, command.line.octets, hasSecret: !command.line.secrets.isEmpty)
        }
        return login.name
    }

    /// The next command that may name the user.
    ///
    /// - Parameters:
    ///   - line: without its line end.
    ///   - hasSecret: whether a credential stands in it.
    public mutating func note(_ step: Step, _ line: [UInt8], hasSecret: Bool) {
        switch step {
        case .user:
            // APOP's first argument; the digest behind it is the secret.
            let words = line.split(separator: 32)
            guard words.count > 1 else { return }
            name = String(decoding: words[1], as: UTF8.self)
        case .auth:
            let words = line.split(separator: 32)
            mechanism = words.count > 1 ? String(decoding: words[1], as: UTF8.self).uppercased() : nil
            guard words.count > 2 else { return }
            take(words[2])
        case .response:
            // LOGIN's name is its first answer; what follows is the password.
            guard mechanism != "LOGIN" || !hasSecret else { return }
            take(line[...])
        }
    }

    private mutating func take(_ token: ArraySlice<UInt8>) {
        guard let user = Self.user(in: token, mechanism) else { return }
        name = user
        if mechanism == "LOGIN" { mechanism = nil }
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
    private static func decodeBase64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
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

extension LoginName.Step {
    /// The step that a command with this verb (`*auth` for a SASL response) is; nil for any other command.
    init?(verb: String) {
        switch verb {
        case "USER", "APOP": self = .user
        case "AUTH": self = .auth
        case "*auth": self = .response
        default: return nil
        }
    }
}
