import MailTapCore

/// Who logged in, from the commands that say so, as they come.
///
/// A user name is no secret.
public struct LoginName: Sendable {
    /// A command that may name the user.
    public enum Step: Sendable {
        /// USER: the first argument is the name; what it is answered with decides nothing.
        case user
        /// PASS.
        case password
        /// APOP: the first argument is the name.
        case apop
        /// AUTH: a mechanism, and perhaps a first response.
        case auth
        /// A SASL response.
        case response
    }

    /// The name of the last login that was asked for; nil where there was none.
    public private(set) var name: String?
    private var mechanism: String?
    /// Responses of the login that goes on.
    private var responses = 0

    /// Nobody yet.
    public init() {}

    /// The name of the last login that a session asked for.
    public static func of(_ session: Session) -> String? {
        var login = LoginName()
        for index in session.exchanges.indices {
            guard let keyword = session.exchanges[index].command?.keyword, let step = Step(keyword),
                let line = session.exchanges[index].command?.line
            else { continue }
            if step != .password { login.note(step, line.octets, hasSecret: line.hasSecrets) }
        }
        return login.name
    }

    /// The names of those who logged in, in order: the server took what they gave.
    public static func accepted(in session: Session) -> [String] {
        var login = LoginName()
        var names: [String] = []
        for index in session.exchanges.indices {
            guard let keyword = session.exchanges[index].command?.keyword, let step = Step(keyword),
                let line = session.exchanges[index].command?.line
            else { continue }
            if step != .password { login.note(step, line.octets, hasSecret: line.hasSecrets) }
            guard step != .user, session.exchanges[index].reply?.status.grantsLogin == true else { continue }
            if let name = login.name { names.append(name) }
        }
        return names
    }

    /// The next command that may name the user.
    ///
    /// - Parameters:
    ///   - line: without its line end.
    ///   - hasSecret: whether a credential stands in it.
    public mutating func note(_ step: Step, _ line: [UInt8], hasSecret: Bool) {
        switch step {
        case .password: break
        case .user, .apop:
            name = nil
            // APOP's first argument; the digest behind it is the secret.
            guard let word = Self.word(1, of: line), step == .user || Self.word(2, of: line) != nil else { return }
            name = String(decoding: word, as: UTF8.self)
        case .auth:
            name = nil
            mechanism = Self.word(1, of: line).map { String(decoding: $0, as: UTF8.self).uppercased() }
            responses = 0
            if let token = Self.word(2, of: line) { take(token) }
        case .response:
            // LOGIN's name is its first answer; what follows is the password.
            guard mechanism != "LOGIN" || !hasSecret else { return }
            take(line[...])
        }
    }

    /// The word at an index, from 0; nil where there are fewer.
    private static func word(_ index: Int, of line: [UInt8]) -> ArraySlice<UInt8>? {
        var rest = line[...]
        for _ in 0..<index { rest = rest.drop { $0 == 32 }.drop { $0 != 32 } }
        let word = rest.drop { $0 == 32 }.prefix { $0 != 32 }
        return word.isEmpty ? nil : word
    }

    private mutating func take(_ token: ArraySlice<UInt8>) {
        responses += 1
        guard let mechanism, token.count < 16_384,
            let octets = mechanism == "LOGIN" ? SASLToken.decodeName(token) : SASLToken.decode(token),
            let user = SASLSteps.user(mechanism, step: responses, octets), !user.isEmpty
        else { return }
        name = user
    }
}

extension LoginName.Step {
    /// The step that a command with this keyword is; nil for any other command.
    init?(_ keyword: Verb) {
        switch keyword {
        case .user: self = .user
        case .pass: self = .password
        case .apop: self = .apop
        case .auth: self = .auth
        case .response: self = .response
        default: return nil
        }
    }

    /// The step that a command with this verb (`*auth` for a SASL response) is; nil for any other command.
    init?(verb: String) {
        switch verb {
        case "USER": self = .user
        case "PASS": self = .password
        case "APOP": self = .apop
        case "AUTH": self = .auth
        case "*auth": self = .response
        default: return nil
        }
    }
}
