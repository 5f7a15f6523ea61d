import MailTapCore
import MailTapServer

/// The client's side of SCRAM (RFC 5802), without channel binding.
struct ScramClient: Sendable {
    /// More rounds than any server asks for; a hostile one shall not keep us busy.
    private static let iterationLimit = 200_000

    private let hash: ScramHash
    private let password: String
    private let nonce: String
    private let firstBare: String

    init(_ hash: ScramHash, user: String, password: String, nonce: String) {
        self.hash = hash
        self.password = password
        self.nonce = nonce
        var name = ""
        for character in user.unicodeScalars {
            switch character {
            case "=": name += "=3D"
            case ",": name += "=2C"
            default: name.unicodeScalars.append(character)
            }
        }
        firstBare = "n=\(name),r=\(nonce)"
    }

    /// The client-first-message.
    var first: [UInt8] { [UInt8]("n,,\(firstBare)".utf8) }

    /// The client-final-message and the server's signature that has to follow; nil for a challenge that breaks RFC 5802.
    func final(serverFirst: [UInt8]) -> (message: [UInt8], verifier: [UInt8])? {
        let challenge = String(decoding: serverFirst, as: UTF8.self)
        let attributes = challenge.split(separator: ",", omittingEmptySubsequences: false)
        guard attributes.count >= 3, attributes[0].hasPrefix("r=\(nonce)"), attributes[0].count > nonce.count + 2,
            attributes[1].hasPrefix("s="), let salt = Base64.decode(attributes[1].dropFirst(2).utf8),
            attributes[2].hasPrefix("i="), let iterations = Int(attributes[2].dropFirst(2)),
            (1...Self.iterationLimit).contains(iterations)
        else { return nil }
        let withoutProof = "c=biws,\(attributes[0])"
        let message = [UInt8]("\(firstBare),\(challenge),\(withoutProof)".utf8)
        let salted = hash.stretch([UInt8](password.utf8), salt: salt, iterations: iterations)
        let clientKey = hash.code(of: [UInt8]("Client Key".utf8), key: salted)
        let proof = zip(clientKey, hash.code(of: message, key: hash.digest(clientKey))).map { $0 ^ $1 }
        let verifier = hash.code(of: message, key: hash.code(of: [UInt8]("Server Key".utf8), key: salted))
        return ([UInt8]("\(withoutProof),p=".utf8) + Base64.encode(proof), verifier)
    }
}
