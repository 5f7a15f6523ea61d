import Crypto
import MailTapCore
import MailTapServer

/// The client's side of one SASL exchange; answers challenges afresh from credentials.
struct SASLClient: Sendable {
    private enum State {
        case fresh
        case loginPassword
        case scram(ScramClient)
        case scramEnd(verifier: [UInt8])
        /// The server may tell in a challenge why it refuses a token.
        case bearerSent
        case over
    }

    private enum Mechanism: String {
        case plain = "PLAIN"
        case login = "LOGIN"
        case cramMD5 = "CRAM-MD5"
        case scramSHA1 = "SCRAM-SHA-1"
        case scramSHA256 = "SCRAM-SHA-256"
        case xoauth2 = "XOAUTH2"
        case oauthBearer = "OAUTHBEARER"
    }

    private let mechanism: Mechanism
    private let user: String
    private let password: String
    private let nonce: String
    private var state = State.fresh

    /// A client; nil for a mechanism that it does not know.
    ///
    /// - Parameters:
    ///   - mechanism: its name, in any case.
    ///   - user: the user name.
    ///   - password: the password; the access token for XOAUTH2 and OAUTHBEARER.
    ///   - nonce: text unique to this exchange, of printable ASCII without commas.
    init?(_ mechanism: String, user: String, password: String, nonce: String) {
        guard let mechanism = Mechanism(rawValue: mechanism.uppercased()) else { return nil }
        self.mechanism = mechanism
        self.user = user
        self.password = password
        self.nonce = nonce
    }

    /// The response that may stand in the AUTH command; nil where the server speaks first.
    mutating func initialResponse() -> [UInt8]? {
        switch mechanism {
        case .plain:
            state = .over
            return [0] + [UInt8](user.utf8) + [0] + [UInt8](password.utf8)
        case .login:
            state = .loginPassword
            return [UInt8](user.utf8)
        case .cramMD5: return nil
        case .scramSHA1, .scramSHA256:
            let client = ScramClient(
                mechanism == .scramSHA1 ? .sha1 : .sha256, user: user, password: password, nonce: nonce)
            state = .scram(client)
            return client.first
        case .xoauth2:
            state = .bearerSent
            return [UInt8]("user=\(user)\u{1}auth=Bearer \(password)\u{1}\u{1}".utf8)
        case .oauthBearer:
            state = .bearerSent
            let name = user.replacing("=", with: "=3D").replacing(",", with: "=2C")
            return [UInt8]("n,a=\(name),\u{1}auth=Bearer \(password)\u{1}\u{1}".utf8)
        }
    }

    /// The response to a challenge; nil where none can be given, so that the exchange has to be cancelled.
    mutating func respond(to challenge: [UInt8]) -> [UInt8]? {
        switch (state, mechanism) {
        case (.fresh, .cramMD5):
            state = .over
            let code = HMAC<Insecure.MD5>.authenticationCode(
                for: challenge, using: SymmetricKey(data: [UInt8](password.utf8)))
            return [UInt8]("\(user) \(SASLClient.hex(code))".utf8)
        case (.fresh, _):
            return initialResponse()
        case (.loginPassword, _):
            state = .over
            return [UInt8](password.utf8)
        case (.scram(let client), _):
            guard let (final, verifier) = client.final(serverFirst: challenge) else { return nil }
            state = .scramEnd(verifier: verifier)
            return final
        case (.scramEnd(let verifier), _):
            state = .over
            // RFC 5802 section 5: a server that can't prove that it knows the password is not to be trusted.
            return challenge == [UInt8]("v=".utf8) + Base64.encode(verifier) ? [] : nil
        case (.bearerSent, let mechanism):
            // The client acknowledges the reason, then the server refuses (RFC 7628 section 3.2.3).
            state = .over
            return mechanism == .oauthBearer ? [1] : []
        case (.over, _):
            return nil
        }
    }

    /// APOP's digest (RFC 1939 section 7).
    static func apopDigest(stamp: [UInt8], password: String) -> String {
        hex(Insecure.MD5.hash(data: stamp + [UInt8](password.utf8)))
    }

    private static func hex(_ octets: some Sequence<UInt8>) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
