import Crypto
import MailTapCore
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Testing

@testable import MailTapTLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Both handler makers against each other on loopback.
@Suite struct HandshakeTests {
    private let directory: TemporaryDirectory
    private let store: AuthorityStore
    private let verifier: PeerVerifier

    init() throws {
        directory = try TemporaryDirectory()
        store = AuthorityStore(directory: directory.path)
        _ = try store.load(at: Self.now())
        verifier = PeerVerifier(try TrustAnchors.system().adding(file: store.certificatePath))
    }

    @Sendable private static func now() -> Timestamp {
        Timestamp(nanoseconds: Int64(time(nil)) * 1_000_000_000)
    }

    private static func names(_ names: String...) -> ServerNames {
        var all = ServerNames()
        for name in names { all.add(name) }
        return all
    }

    @Test func verifiedHandshakeTellsWhatWasFound() async throws {
        let server = ServerTLS(.authority(store), now: Self.now)
        let outcome = try await Handshake.run(
            server.prepare(Self.names("mail.example.org")), ClientTLS(verifier),
            ClientTLS.Peer(serverName: "mail.example.org", expected: ["mail.example.org"]))
        #expect(outcome.version == "TLSv1.3")
        #expect(outcome.verdict?.problem == nil)
        #expect(outcome.verdict?.chain.count == 1)
    }

    @Test func whatWasFoundBeforeIsFoundAgain() async throws {
        let shown = try ServerTLS(.authority(store), now: Self.now).prepare(Self.names("other.example"))
        let client = ClientTLS(verifier)
        var peer = ClientTLS.Peer(serverName: "mail.example.org", expected: ["mail.example.org"], judgement: .reports)
        let first = try await Handshake.run(shown, client, peer)
        let second = try await Handshake.run(shown, client, peer)
        #expect(first.version == "TLSv1.3" && second.version == "TLSv1.3")
        #expect(first.verdict?.problem != nil && second.verdict == first.verdict)
        peer.judgement = .refuses
        #expect(try await Handshake.run(shown, client, peer).version == nil, "the judgement is no part of it")
        peer.expected = ["other.example"]
        #expect(try await Handshake.run(shown, client, peer).verdict?.isVerified == true)
    }

    @Test func wrongNameIsRefusedOrReported() async throws {
        let shown = try ServerTLS(.authority(store), now: Self.now).prepare(Self.names("other.example"))
        let refused = try await Handshake.run(
            shown, ClientTLS(verifier), ClientTLS.Peer(serverName: "mail.example.org", expected: ["mail.example.org"]))
        #expect(refused.version == nil)
        #expect(refused.verdict?.problem?.contains("not for mail.example.org") == true)
        let reported = try await Handshake.run(
            shown, ClientTLS(verifier),
            ClientTLS.Peer(serverName: "mail.example.org", expected: ["mail.example.org"], judgement: .reports))
        #expect(reported.version == "TLSv1.3")
        #expect(reported.verdict?.isVerified == false)
    }

    @Test func versionsAreKept() async throws {
        let server = ServerTLS(.authority(store), versions: TLSVersions(from: .tls12, to: .tls12), now: Self.now)
        let peer = ClientTLS.Peer(serverName: nil, expected: ["127.0.0.1"])
        let shown = try server.prepare(Self.names("127.0.0.1"))
        #expect(try await Handshake.run(shown, ClientTLS(verifier), peer).version == "TLSv1.2")
        let newest = ClientTLS(verifier, versions: TLSVersions(from: .tls13))
        #expect(try await Handshake.run(shown, newest, peer).version == nil)
    }

    @Test(arguments: [TLSVersions.Version.tls12, .tls13])
    func secretsAreLogged(_ version: TLSVersions.Version) async throws {
        let path = directory.path + "/keys.log"
        let keyLog = try KeyLogWriter(path: path)
        let server = ServerTLS(.authority(store), keyLog: keyLog, now: Self.now)
        let client = ClientTLS(verifier, versions: TLSVersions(from: version, to: version), keyLog: keyLog)
        _ = try await Handshake.run(
            server.prepare(Self.names("a.example")), client,
            ClientTLS.Peer(serverName: "a.example", expected: ["a.example"]))
        let lines = TemporaryDirectory.contents(path).split(separator: "\n")
        let labels = Set(lines.compactMap { $0.split(separator: " ").first })
        #expect(TemporaryDirectory.mode(path) == 0o600)
        #expect(lines.allSatisfy { $0.split(separator: " ").count == 3 })
        #expect(version == .tls12 ? labels == ["CLIENT_RANDOM"] : labels.contains("SERVER_TRAFFIC_SECRET_0"))
    }

    @Test func certificatesAreKeptAndBounded() throws {
        let server = ServerTLS(.authority(store), capacity: 4, now: Self.now)
        let first = try server.prepare(Self.names("0.example"))
        #expect(try server.prepare(Self.names("0.example")).shown == first.shown)
        for number in 1...4 { _ = try server.prepare(Self.names("\(number).example")) }
        #expect(try server.prepare(Self.names("0.example")).shown != first.shown)
    }

    @Test func clientCertificateIsShownWhereAskedFor() async throws {
        let shown = try ServerTLS(.authority(store), now: Self.now).prepare(Self.names("a.example"))
        let own = try store.load(at: Self.now()).mint(
            Self.names("client.example"), leafKey: P256.Signing.PrivateKey(), at: Self.now())
        let peer = ClientTLS.Peer(serverName: "a.example", expected: ["a.example"])
        let with = try await Handshake.run(shown, ClientTLS(verifier, identity: own), peer, asksClient: true)
        #expect(with.clientCertificates == 1)
        let without = try await Handshake.run(shown, ClientTLS(verifier), peer, asksClient: true)
        #expect(without.clientCertificates == 0)
    }

    @Test func keyOfAnotherCertificateIsRefused() throws {
        let one = try CertificateAuthority(madeAt: Self.now(), host: "one").pem()
        let certificate = try directory.file("one.pem", one)
        let key = try directory.file("two.pem", try CertificateAuthority(madeAt: Self.now(), host: "two").pem())
        let error = #expect(throws: TLSError.self) { try TLSIdentity(certificatePath: certificate, keyPath: key) }
        #expect(error?.context.contains(key) == true)
    }
}
