import Crypto
import MailTapCore
import NIOCore
import NIOSSL
import Testing

@testable import MailTapTLS

@Suite struct VerdictCacheTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let authority: CertificateAuthority

    init() throws {
        authority = try CertificateAuthority(madeAt: Self.now, host: "test")
    }

    private static let now = Timestamp(nanoseconds: 1_780_000_000_000_000_000)

    private func question(_ name: String) throws -> VerdictCache.Question {
        var names = ServerNames()
        names.add(name)
        let shown = try authority.mint(names, leafKey: P256.Signing.PrivateKey(), at: Self.now)
        return VerdictCache.Question(shown: shown.chain, names: [name])
    }

    @Test func theSameCertificateReadAgainIsTheSameQuestion() throws {
        let cache = VerdictCache()
        let asked = try question("mail.example.org")
        cache.keep(PeerVerdict(problem: "the certificate is self-signed", chain: []), on: asked, at: start)
        let again = VerdictCache.Question(
            shown: try asked.shown.map { try NIOSSLCertificate(bytes: $0.toDERBytes(), format: .der) },
            names: asked.names)
        #expect(cache.verdict(on: again, at: start)?.problem == "the certificate is self-signed")
    }

    @Test func anotherCertificateOrAnotherNameIsAnotherQuestion() throws {
        let cache = VerdictCache()
        let asked = try question("mail.example.org")
        cache.keep(PeerVerdict(problem: nil, chain: []), on: asked, at: start)
        #expect(try cache.verdict(on: question("mail.example.org"), at: start) == nil)
        let elsewhere = VerdictCache.Question(shown: asked.shown, names: ["other.example"])
        #expect(cache.verdict(on: elsewhere, at: start) == nil)
    }

    @Test func aVerdictHoldsForItsLifetime() throws {
        let cache = VerdictCache(lifetime: .seconds(60))
        let asked = try question("mail.example.org")
        cache.keep(PeerVerdict(problem: nil, chain: []), on: asked, at: start)
        #expect(cache.verdict(on: asked, at: start + .seconds(59)) != nil)
        #expect(cache.verdict(on: asked, at: start + .seconds(60)) == nil)
        #expect(cache.verdict(on: asked, at: start) == nil, "it is gone for good")
    }

    @Test func onlySoManyAreKept() throws {
        let cache = VerdictCache(capacity: 2)
        let questions = try ["a.example", "b.example", "c.example"].map(question)
        for asked in questions { cache.keep(PeerVerdict(problem: nil, chain: []), on: asked, at: start) }
        #expect(questions.count { cache.verdict(on: $0, at: start) != nil } <= 2)
        #expect(cache.verdict(on: questions[2], at: start) != nil)
    }
}
