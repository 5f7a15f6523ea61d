import ArgumentParser
import MailTapAnalysis
import MailTapCore
import MailTapReplay
import MailTapTLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// TLS of a replay.
struct ReplayTLSOptions: ParsableArguments {
    @Flag(help: "Begin TLS with STARTTLS or STLS also where the recording did not.")
    var starttls = false

    @Option(help: ArgumentHelp("Trust the certificates of this PEM file too.", valueName: "path"))
    var upstreamCa: String?

    @Flag(help: "Trust any certificate.")
    var upstreamInsecure = false

    func apply(to options: inout ReplayOptions, _ target: inout ReplayTarget?) {
        if starttls { options.tls = .starttls }
        if upstreamInsecure { target?.isOpportunistic = true }
    }

    /// What makes connections to the server secure.
    func client() throws -> ClientTLS {
        do throws(TLSError) {
            var anchors = try TrustAnchors.system()
            if let upstreamCa { anchors = try anchors.adding(file: upstreamCa) }
            return ClientTLS(PeerVerifier(anchors))
        } catch {
            throw Failure(error.code == .unreadable ? .noInput : .damaged, error.description)
        }
    }

    /// What serves TLS with a certificate of MailTap's own authority; nil where no session needs it.
    static func server(for sessions: [RecordedSession]) throws -> ServerTLS? {
        guard sessions.contains(where: { $0.session.tls?.isDecrypted == true }) else { return nil }
        do throws(TLSError) {
            let store = try AuthorityStore.inHome()
            CACommand.warnOfExposure(store)
            // Made now, if need be, so that clients can be told to trust it before the first of them comes.
            _ = try store.load(at: now())
            return ServerTLS(.authority(store), now: now)
        } catch {
            throw Failure(.cannotCreate, error.description)
        }
    }

    @Sendable private static func now() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(nanoseconds: Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec))
    }
}
