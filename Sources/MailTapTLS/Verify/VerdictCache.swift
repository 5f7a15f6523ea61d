import NIOCore
import NIOSSL
import Synchronization

/// What was found a moment ago about servers that showed the same certificates.
///
/// Checking a chain takes a tenth of a short session under TLS; most sessions meet the server that the one before met.
/// A verdict holds for a minute, since time is part of it. Any thread may call.
final class VerdictCache: Sendable {
    /// Who showed what, and who it should be.
    struct Question: Hashable, Sendable {
        /// The certificates that were shown, the server's own first.
        var shown: [NIOSSLCertificate]
        /// The names or addresses that were expected.
        var names: [String]
    }

    private struct Answer: Sendable {
        var verdict: PeerVerdict
        var until: NIODeadline
    }

    private let answers = Mutex<[Question: Answer]>([:])
    private let lifetime: TimeAmount
    /// Servers choose their certificates, so only so many are kept.
    private let capacity: Int

    init(lifetime: TimeAmount = .seconds(60), capacity: Int = 64) {
        self.lifetime = lifetime
        self.capacity = max(1, capacity)
    }

    /// What was found, where that is not too long ago.
    func verdict(on question: Question, at now: NIODeadline = .now()) -> PeerVerdict? {
        answers.withLock { answers in
            guard let answer = answers[question] else { return nil }
            guard now < answer.until else {
                answers[question] = nil
                return nil
            }
            return answer.verdict
        }
    }

    /// Keeps what was found.
    func keep(_ verdict: PeerVerdict, on question: Question, at now: NIODeadline = .now()) {
        let answer = Answer(verdict: verdict, until: now + lifetime)
        answers.withLock { answers in
            if answers.count >= capacity, answers[question] == nil { answers.removeAll(keepingCapacity: true) }
            answers[question] = answer
        }
    }
}
