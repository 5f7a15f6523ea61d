import ArgumentParser
import MailTapCore
import MailTapTLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `mailtap ca`: the authority whose certificates intercepted clients are shown.
struct CACommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "The certificate authority that interception uses: export, show, renew.",
        discussion: """
            To look into TLS, the proxy shows clients certificates of its own authority, which they must trust. The \
            authority is made on first need and lives in $MAILTAP_HOME, by default ~/.mailtap. Whoever has its key \
            can pass for any server towards those who trust it: trust it on test machines, and keep ca-key.pem private.

            EXAMPLES
              mailtap ca export -o mailtap-ca.pem
              mailtap ca install-help
              curl --cacert mailtap-ca.pem smtp://localhost:2525 --ssl-reqd
            """,
        subcommands: [Export.self, Show.self, Renew.self, InstallHelp.self])

    static func store() throws -> AuthorityStore {
        do { return try AuthorityStore.inHome() } catch { throw failure(error) }
    }

    static func failure(_ error: TLSError) -> Failure {
        let status: Status =
            switch error.code {
            case .unreadable: .noInput
            case .unwritable: .cannotCreate
            case .damaged, .expired: .damaged
            case .refused: .ioError
            }
        return Failure(status, error.context)
    }

    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }

    /// The authority, made if there is none.
    static func authority(_ store: AuthorityStore) throws -> CertificateAuthority {
        warnOfExposure(store)
        do { return try store.load(at: now) } catch { throw failure(error) }
    }

    /// Tells of a key that others can read.
    static func warnOfExposure(_ store: AuthorityStore) {
        guard store.isKeyExposed else { return }
        StandardError.write(
            "mailtap: warning: others can get at the key of the certificate authority: chmod 600 \(store.keyPath), "
                + "or 'mailtap ca renew' if they may have read it")
    }

    /// `ca export`.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the certificate (PEM) for clients to trust; never the key.")

        @Option(name: .shortAndLong, help: ArgumentHelp("Write to a file.", valueName: "path"))
        var output: String?

        func run() throws {
            let authority = try CACommand.authority(try CACommand.store())
            var out = try StandardOutput(path: output)
            try out.append { $0 += Array(authority.certificatePEM.utf8) }
            try out.flush()
        }
    }

    /// `ca show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Describe the authority and where it lives.")

        func run() throws {
            let store = try CACommand.store()
            var out = try StandardOutput()
            let text = CACommand.description(try CACommand.authority(store), store)
            try out.append { $0 += Array(text.utf8) }
            try out.flush()
        }
    }

    /// `ca renew`.
    struct Renew: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new authority; clients must then trust the new certificate.",
            discussion: "Proxies that are running go on with the old one until they are started again.")

        func run() throws {
            let store = try CACommand.store()
            let authority: CertificateAuthority
            do { authority = try store.renew(at: CACommand.now) } catch { throw CACommand.failure(error) }
            var out = try StandardOutput()
            let text = CACommand.description(authority, store)
            try out.append { $0 += Array(text.utf8) }
            try out.flush()
        }
    }

    private static func description(_ authority: CertificateAuthority, _ store: AuthorityStore) -> String {
        let facts = authority.facts
        let first = TimeText.text(moment: facts.notBefore, decimals: 0).prefix(10)
        return """
            subject      \(facts.subject)
            key          \(facts.key)
            valid        \(first) to \(facts.lastDay)
            SHA-256      \(facts.fingerprint)
            certificate  \(store.certificatePath)
            key file     \(store.keyPath)

            """
    }
}
