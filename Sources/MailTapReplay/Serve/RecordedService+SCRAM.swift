import MailTapAnalysis
import MailTapCore
import MailTapServer

/// What the client's next response of a SCRAM login is (RFC 5802 section 5).
enum ServedScram: Sendable {
    /// The client-first-message.
    case first(ScramHash)
    /// The client-final-message.
    case proof(ScramServer)
    /// The empty one, once the server has proved itself.
    case end
}

extension RecordedService {
    /// Begins a login in which both sides prove that they know the password; it ends with the recorded reply.
    mutating func beginScram(_ hash: ScramHash, initial: [UInt8]?, reply: Int, _ effects: inout [Effect]) {
        guard let initial else {
            effects.append(.send(script.challenge("")))
            input = .scram(.first(hash), reply: reply)
            return
        }
        scram(initial == [0x3D] ? [] : initial, .first(hash), reply, &effects)
    }

    /// Takes a response, still in base 64.
    mutating func scram(_ line: [UInt8], _ login: ServedScram, _ reply: Int, _ effects: inout [Effect]) {
        input = .commands
        switch step(Base64.decode(line), login, reply) {
        case .refused:
            let refusal = script.isPOP3 ? "-ERR Authentication failed" : "535 5.7.8 Authentication failed"
            effects.append(.send([UInt8]("\(refusal)\r\n".utf8)))
        case .asked(let challenge, let next):
            effects.append(.send(script.challenge(String(decoding: Base64.encode(challenge), as: UTF8.self))))
            input = .scram(next, reply: reply)
        case .over:
            finishLogin(reply, &effects)
        }
    }

    private enum ScramStep {
        case refused
        case asked([UInt8], ServedScram)
        /// The recorded reply comes.
        case over
    }

    private func step(_ response: [UInt8]?, _ login: ServedScram, _ reply: Int) -> ScramStep {
        guard let response else { return .refused }
        switch login {
        case .first(let hash):
            guard let credentials, let user = credentials.user,
                let server = ScramServer(
                    hash, clientFirst: response, accounts: [user: credentials.password], nonce: nonce)
            else { return .refused }
            return .asked(server.serverFirst, .proof(server))
        case .proof(let server):
            guard let verifier = server.finish(response) else { return .refused }
            // Where the recorded server refused the login, it did so here.
            let isAccepted = script.exchanges[checked: reply]?.reply?.status.isPositive ?? false
            return isAccepted ? .asked(verifier, .end) : .over
        case .end:
            return response.isEmpty ? .over : .refused
        }
    }
}
