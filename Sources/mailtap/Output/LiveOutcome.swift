import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the threads of a live command have to tell each other.
final class LiveOutcome: Sendable {
    private struct State: Sendable {
        var failure: String?
        var isClosed = false
        var recordingFailed = false
        var reopens = false
    }

    private let state = Mutex(State())

    func fail(_ text: String) { state.withLock { if $0.failure == nil { $0.failure = text } } }

    /// The recording ended before its time; its error was said when it happened.
    func recordingFailed() { state.withLock { $0.recordingFailed = true } }

    /// What went wrong so far, in a few words; nil while all is well.
    var problem: String? {
        let state = state.withLock { $0 }
        return state.failure ?? (state.recordingFailed ? "recording failed: a part of the traffic is missing" : nil)
    }

    /// SIGHUP came: files are to be opened anew.
    func hangUp() { state.withLock { $0.reopens = true } }

    /// Whether files are to be opened anew, once for each SIGHUP.
    func takeHangUp() -> Bool {
        state.withLock { state in
            defer { state.reopens = false }
            return state.reopens
        }
    }

    /// Throws what failed while the command ran.
    func check() throws {
        let state = state.withLock { $0 }
        if let failure = state.failure { throw Failure(.ioError, failure) }
        if state.recordingFailed { throw Ended(.ioError) }
    }

    /// The reader of standard output went away: the process ends as on SIGTERM, once.
    func outputClosed() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if isFirst { kill(getpid(), SIGTERM) }
    }
}
