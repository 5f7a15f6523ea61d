import MailTapProxy
import MailTapReplay
import MailTapTLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `mailtap replay --serve`: the recording as a server for real clients.
enum ServeReplay {
    /// Serves until every session was played once, or a signal asks to end.
    ///
    /// - Throws: `Failure` where the address is none or can't be bound.
    static func run(
        _ sessions: [RecordedSession], at text: String, comparison: Comparison, credentials: Credentials?,
        tls: ServerTLS?
    ) async throws -> (report: ComparisonReport, server: ReplayServer) {
        let address: ListenAddress
        do { address = try ListenAddress(parsing: text) } catch { throw Failure(.usage, "--serve: \(error)") }
        let signals = SignalStream([SIGINT, SIGTERM])
        let server: ReplayServer
        do {
            server = try await ReplayServer.start(
                sessions, host: address.host, port: address.port, comparison: comparison, credentials: credentials,
                tls: tls)
        } catch {
            throw Failure(.cannotCreate, "can't listen on \(text): \(error); try another port, or 0 for a free one")
        }
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        StandardError.write("listening \(host):\(server.port)")
        let work = Task { try await server.run() }
        let watch = Task {
            var iterator = signals.makeAsyncIterator()
            if await iterator.next() != nil { work.cancel() }
        }
        defer { watch.cancel() }
        return (try await work.value, server)
    }
}
