import MailTapCore
import Testing

@testable import MailTapTLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// 2026-11-25, in seconds since 1970; tests read no clock where they need none.
private let now = Timestamp(nanoseconds: 1_795_600_000 * 1_000_000_000)

@Suite struct AuthorityStoreTests {
    @Test func isMadeOnFirstNeedAndThenKept() throws {
        let directory = try TemporaryDirectory()
        let store = AuthorityStore(directory: directory.path)
        #expect(try store.existing(at: now) == nil)
        let made = try store.load(at: now)
        let again = try store.load(at: now)
        #expect(made.facts == again.facts)
        #expect(made.facts.key == "P256")
        #expect(made.facts.subject.contains("MailTap CA"))
        #expect(TemporaryDirectory.mode(store.keyPath) == 0o600)
        #expect(TemporaryDirectory.contents(store.certificatePath) == made.certificatePEM)
        #expect(!TemporaryDirectory.contents(store.certificatePath).contains("PRIVATE"))
    }

    @Test func aKeyThatOthersCanReadIsNoticed() throws {
        let directory = try TemporaryDirectory()
        let store = AuthorityStore(directory: directory.path)
        #expect(!store.isKeyExposed)
        _ = try store.load(at: now)
        #expect(!store.isKeyExposed)
        #expect(chmod(store.keyPath, 0o644) == 0)
        #expect(store.isKeyExposed)
        _ = try store.renew(at: now)
        #expect(!store.isKeyExposed)
    }

    @Test func manyAtOnceMakeOne() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        let prints = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<16 {
                group.addTask { try AuthorityStore(directory: path).load(at: now).facts.fingerprint }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(prints.count == 1)
    }

    @Test func renewingMakesAnother() throws {
        let directory = try TemporaryDirectory()
        let store = AuthorityStore(directory: directory.path)
        let first = try store.load(at: now)
        let second = try store.renew(at: now)
        #expect(first.facts.fingerprint != second.facts.fingerprint)
        #expect(try store.load(at: now).facts == second.facts)
        #expect(TemporaryDirectory.contents(store.certificatePath) == second.certificatePEM)
    }

    @Test func lostCertificateIsWrittenAnew() throws {
        let directory = try TemporaryDirectory()
        let store = AuthorityStore(directory: directory.path)
        let made = try store.load(at: now)
        _ = try directory.file("ca.pem", "")
        #expect(remove(store.certificatePath) == 0)
        _ = try store.load(at: now)
        #expect(TemporaryDirectory.contents(store.certificatePath) == made.certificatePEM)
    }

    @Test func whatIsNoAuthorityIsSaidSo() throws {
        let directory = try TemporaryDirectory()
        let store = AuthorityStore(directory: directory.path)
        _ = try directory.file("ca-key.pem", "nonsense")
        let error = #expect(throws: TLSError.self) { try store.load(at: now) }
        #expect(error?.code == .damaged)
        #expect(error?.context.contains("ca renew") == true)
    }

    @Test func keyAndCertificateOfTwoAuthoritiesAreRefused() throws {
        let one = try CertificateAuthority(madeAt: now, host: "one").pem()
        let other = try CertificateAuthority(madeAt: now, host: "other").certificatePEM
        let mixed = other + one
        let error = #expect(throws: TLSError.self) { try CertificateAuthority(pem: mixed) }
        #expect(error?.context.contains("belong together") == true)
    }

    @Test func endsAfterFiveYears() throws {
        let directory = try TemporaryDirectory()
        let store = AuthorityStore(directory: directory.path)
        _ = try store.load(at: now)
        let error = #expect(throws: TLSError.self) {
            try store.load(at: now.advanced(by: 6 * 365 * 86_400 * 1_000_000_000))
        }
        #expect(error?.code == .expired)
    }

    @Test func directoriesAboveAreMade() throws {
        let directory = try TemporaryDirectory()
        let store = AuthorityStore(directory: directory.path + "/a")
        _ = try store.load(at: now)
        #expect(TemporaryDirectory.mode(store.directory) == 0o700)
        for name in ["ca-key.pem", "ca.pem", "ca.lock"] { remove(store.directory + "/" + name) }
        rmdir(store.directory)
    }
}
