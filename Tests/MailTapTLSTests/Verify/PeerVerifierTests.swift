import Crypto
import MailTapCore
import NIOSSL
import Testing

@testable import MailTapTLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct PeerVerifierTests {
    private let now: Timestamp
    private let directory: TemporaryDirectory
    private let authority: CertificateAuthority
    private let verifier: PeerVerifier

    init() throws {
        now = Timestamp(nanoseconds: Int64(time(nil)) * 1_000_000_000)
        directory = try TemporaryDirectory()
        authority = try CertificateAuthority(madeAt: now, host: "test")
        let path = try directory.file("ca.pem", authority.certificatePEM)
        verifier = PeerVerifier(try TrustAnchors.system().adding(file: path))
    }

    private func leaf(_ names: String..., at time: Timestamp? = nil, by other: CertificateAuthority? = nil) throws
        -> TLSIdentity
    {
        var all = ServerNames()
        for name in names { all.add(name) }
        return try (other ?? authority).mint(all, leafKey: P256.Signing.PrivateKey(), at: time ?? now)
    }

    @Test(arguments: ["mail.example.org", "MAIL.example.org", "127.0.0.1", "::1"])
    func namesAndAddressesMatch(_ name: String) async throws {
        let shown = try leaf("mail.example.org", "127.0.0.1", "::1")
        let verdict = await verifier.verdict(on: shown.chain, for: [name])
        #expect(verdict.problem == nil)
        #expect(verdict.chain.first?.names.dns == ["mail.example.org"])
        let lastDay = try #require(verdict.chain.first?.lastDay)
        let root = try #require(verdict.chain.first?.issuer)
        #expect(verdict.reason == "chains to \(root), is for \(name), valid until \(lastDay)")
    }

    @Test func anyOfSeveralNamesWillDo() async throws {
        let shown = try leaf("mail.example.org")
        let verdict = await verifier.verdict(on: shown.chain, for: ["127.0.0.1", "mail.example.org"])
        #expect(verdict.isVerified)
    }

    @Test func wildcardsCoverOneLabel() async throws {
        let shown = try leaf("*.example.org")
        #expect(await verifier.verdict(on: shown.chain, for: ["mx.example.org"]).isVerified)
        #expect(await !verifier.verdict(on: shown.chain, for: ["a.mx.example.org"]).isVerified)
    }

    @Test func anotherNameIsNamed() async throws {
        let verdict = await verifier.verdict(on: try leaf("other.example").chain, for: ["mail.example.org"])
        #expect(verdict.problem == "the certificate is for other.example, not for mail.example.org")
        #expect(verdict.reason == nil)
    }

    @Test func anotherAddressIsNamed() async throws {
        let verdict = await verifier.verdict(on: try leaf("192.0.2.1").chain, for: ["192.0.2.2"])
        #expect(verdict.problem == "the certificate is for 192.0.2.1, not for 192.0.2.2")
    }

    @Test func expiredIsSaidWithItsDay() async throws {
        let old = now.advanced(by: -800 * 86_400 * 1_000_000_000)
        let authority = try CertificateAuthority(madeAt: old, host: "old")
        let path = try directory.file("old.pem", authority.certificatePEM)
        let verifier = PeerVerifier(try TrustAnchors.system().adding(file: path))
        let shown = try leaf("mail.example.org", at: old, by: authority)
        let verdict = await verifier.verdict(on: shown.chain, for: ["mail.example.org"])
        #expect(verdict.problem == "the certificate expired on \(shown.facts.lastDay)")
    }

    @Test func everythingWrongIsSaid() async throws {
        let old = now.advanced(by: -800 * 86_400 * 1_000_000_000)
        let stranger = try CertificateAuthority(madeAt: old, host: "stranger")
        let verdict = await verifier.verdict(
            on: try leaf("other.example", at: old, by: stranger).chain, for: ["mail.example.org"])
        let problem = try #require(verdict.problem)
        #expect(problem.contains("expired"))
        #expect(problem.contains("not for mail.example.org"))
        #expect(problem.contains("is not known"))
    }

    @Test func selfSignedIsSaid() async throws {
        let stranger = try CertificateAuthority(madeAt: now, host: "self").certificatePEM
        let verdict = await verifier.verdict(on: try NIOSSLCertificate.fromPEMBytes(Array(stranger.utf8)), for: [])
        #expect(verdict.problem == "the certificate is self-signed")
    }

    @Test func namedCertificateIsTrustedAsItIs() async throws {
        let shown = try leaf("mail.example.org")
        let path = try directory.file("leaf.pem", shown.chain[0].pem())
        let verifier = PeerVerifier(try TrustAnchors.system().adding(file: path))
        #expect(await verifier.verdict(on: shown.chain, for: ["mail.example.org"]).isVerified)
        #expect(await !verifier.verdict(on: shown.chain, for: ["other.example"]).isVerified)
    }

    @Test func nothingShownIsAProblem() async throws {
        let verdict = await verifier.verdict(on: [], for: [])
        #expect(verdict.problem == "the server showed no certificate")
    }

    @Test func anchorsMustBeCertificates() throws {
        let path = try directory.file("none.pem", "no certificate")
        let error = #expect(throws: TLSError.self) { try TrustAnchors.system().adding(file: path) }
        #expect(error?.code == .damaged)
        let missing = #expect(throws: TLSError.self) { try TrustAnchors.system().adding(file: path + ".not") }
        #expect(missing?.code == .unreadable)
    }
}
