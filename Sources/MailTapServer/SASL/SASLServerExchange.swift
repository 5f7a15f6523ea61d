import Crypto
import MailTapCore

/// The server's side of one SASL exchange: the octets are those between the base 64 encodings.
struct SASLServerExchange: Sendable {
    /// What the server does next.
    enum Step: Equatable {
        /// Ask the client on.
        case challenge([UInt8])
        /// This user is logged in.
        case success(String)
        /// The credentials are wrong, or were not understood.
        case failure
    }

    private enum State {
        case fresh
        case loginUser
        case loginPassword(String)
        case cramResponse
        case scram(ScramServer)
        case scramEnd(String)
        case over
    }

    private let mechanism: SASLMechanism
    private let accounts: [String: String]
    /// Unique text for challenges, such as `<1896.697170952@mail.example.org>`.
    private let stamp: String
    private var state = State.fresh

    init(_ mechanism: SASLMechanism, accounts: [String: String], stamp: String) {
        self.mechanism = mechanism
        self.accounts = accounts
        self.stamp = stamp
    }

    /// Begins the exchange, with the client's initial response if it sent one.
    mutating func start(_ initial: [UInt8]?) -> Step {
        switch mechanism {
        case .plain:
            guard let initial else { return .challenge([]) }
            return receive(initial)
        case .login:
            state = .loginUser
            guard let initial else { return .challenge([UInt8]("Username:".utf8)) }
            return receive(initial)
        case .cramMD5:
            // RFC 4954 section 4: a mechanism in which the server speaks first takes no initial response.
            guard initial == nil else { return end(.failure) }
            state = .cramResponse
            return .challenge([UInt8](stamp.utf8))
        case .scramSHA1, .scramSHA256:
            guard let initial else { return .challenge([]) }
            return receive(initial)
        }
    }

    /// Takes the client's response to the last challenge.
    mutating func receive(_ response: [UInt8]) -> Step {
        switch state {
        case .fresh:
            switch mechanism {
            case .plain: return end(plain(response))
            case .scramSHA1, .scramSHA256: return scramFirst(response)
            case .login, .cramMD5: return end(.failure)
            }
        case .loginUser:
            state = .loginPassword(String(decoding: response, as: UTF8.self))
            return .challenge([UInt8]("Password:".utf8))
        case .loginPassword(let user):
            return end(check(user, String(decoding: response, as: UTF8.self)))
        case .cramResponse:
            return end(cram(response))
        case .scram(let server):
            guard let final = server.finish(response) else { return end(.failure) }
            state = .scramEnd(server.user)
            return .challenge(final)
        case .scramEnd(let user):
            return end(response.isEmpty ? .success(user) : .failure)
        case .over:
            return .failure
        }
    }

    private mutating func end(_ step: Step) -> Step {
        state = .over
        return step
    }

    private func check(_ user: String, _ password: String) -> Step {
        guard let expected = accounts[user], expected == password else { return .failure }
        return .success(user)
    }

    private func plain(_ response: [UInt8]) -> Step {
        let fields = response.split(separator: 0, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return .failure }
        return check(String(decoding: fields[1], as: UTF8.self), String(decoding: fields[2], as: UTF8.self))
    }

    private func cram(_ response: [UInt8]) -> Step {
        guard let space = response.lastIndex(of: 0x20) else { return .failure }
        let user = String(decoding: response[..<space], as: UTF8.self)
        guard let password = accounts[user] else { return .failure }
        let code = HMAC<Insecure.MD5>.authenticationCode(
            for: [UInt8](stamp.utf8), using: SymmetricKey(data: [UInt8](password.utf8)))
        return [UInt8](Digests.hex(code).utf8) == Array(response[(space + 1)...]) ? .success(user) : .failure
    }

    private mutating func scramFirst(_ response: [UInt8]) -> Step {
        guard
            let server = ScramServer(
                mechanism == .scramSHA1 ? .sha1 : .sha256, clientFirst: response, accounts: accounts, nonce: stamp)
        else { return end(.failure) }
        state = .scram(server)
        return .challenge(server.serverFirst)
    }
}

/// Digests in the forms that mail protocols write them in.
enum Digests {
    /// Octets in lower-case hexadecimal.
    static func hex(_ octets: some Sequence<UInt8>) -> String {
        var text = ""
        for octet in octets {
            if octet < 16 { text += "0" }
            text += String(octet, radix: 16)
        }
        return text
    }

    /// APOP's digest: MD5 of the greeting's stamp followed by the password (RFC 1939 section 7).
    static func apop(stamp: String, password: String) -> String {
        hex(Insecure.MD5.hash(data: [UInt8]((stamp + password).utf8)))
    }
}
