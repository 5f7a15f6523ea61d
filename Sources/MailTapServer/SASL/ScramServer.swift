import MailTapCore

/// The server's side of SCRAM (RFC 5802), without channel binding.
public struct ScramServer: Sendable {
    /// The user who wants to log in.
    public let user: String
    /// The server-first-message.
    public let serverFirst: [UInt8]
    private let hash: ScramHash
    private let password: String
    private let clientFirstBare: String
    private let nonce: String
    private let salt: [UInt8]
    private static let iterations = 4096

    /// Takes the client-first-message; nil where it is malformed, asks for channel binding, or names no user here.
    ///
    /// - Parameters:
    ///   - hash: the hash function.
    ///   - clientFirst: the message, without base 64.
    ///   - accounts: passwords by user name.
    ///   - serverNonce: unique text that nobody can guess; commas in it are left out.
    public init?(_ hash: ScramHash, clientFirst: [UInt8], accounts: [String: String], nonce serverNonce: String) {
        let parts = String(decoding: clientFirst, as: UTF8.self).split(
            separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "n" || parts[0] == "y" else { return nil }
        let attributes = parts[2].split(separator: ",", omittingEmptySubsequences: false)
        guard attributes.count >= 2, attributes[0].hasPrefix("n="), attributes[1].hasPrefix("r=") else { return nil }
        let name = Self.decodeName(attributes[0].dropFirst(2))
        guard let password = accounts[name] else { return nil }
        self.hash = hash
        self.password = password
        user = name
        clientFirstBare = String(parts[2])
        nonce = attributes[1].dropFirst(2) + String(serverNonce.unicodeScalars.filter { $0 != "," })
        salt = [UInt8]("salt of \(name)".utf8)
        let salt64 = String(decoding: Base64.encode(salt), as: UTF8.self)
        serverFirst = [UInt8]("r=\(nonce),s=\(salt64),i=\(Self.iterations)".utf8)
    }

    /// Takes the client-final-message.
    ///
    /// - Returns: the server-final-message; nil where the proof is wrong.
    public func finish(_ clientFinal: [UInt8]) -> [UInt8]? {
        let text = String(decoding: clientFinal, as: UTF8.self)
        let attributes = text.split(separator: ",", omittingEmptySubsequences: false)
        guard attributes.count >= 3, let last = attributes.last, last.hasPrefix("p="),
            attributes[0] == "c=biws" || attributes[0] == "c=eSws", attributes[1] == "r=\(nonce)",
            let proof = Base64.decode([UInt8](last.dropFirst(2).utf8))
        else { return nil }
        let withoutProof = attributes.dropLast().joined(separator: ",")
        let message = [UInt8]("\(clientFirstBare),\(String(decoding: serverFirst, as: UTF8.self)),\(withoutProof)".utf8)
        let salted = hash.stretch([UInt8](password.utf8), salt: salt, iterations: Self.iterations)
        let clientKey = hash.code(of: [UInt8]("Client Key".utf8), key: salted)
        let signature = hash.code(of: message, key: hash.digest(clientKey))
        guard proof == zip(clientKey, signature).map({ $0 ^ $1 }) else { return nil }
        let verifier = hash.code(of: message, key: hash.code(of: [UInt8]("Server Key".utf8), key: salted))
        return [UInt8]("v=".utf8) + Base64.encode(verifier)
    }

    private static func decodeName(_ name: Substring) -> String {
        var result = ""
        var rest = name
        while let equals = rest.firstIndex(of: "=") {
            result += rest[..<equals]
            let escape = rest[equals...].prefix(3)
            result += escape == "=2C" ? "," : escape == "=3D" ? "=" : String(escape)
            rest = rest[escape.endIndex...]
        }
        return result + rest
    }
}
