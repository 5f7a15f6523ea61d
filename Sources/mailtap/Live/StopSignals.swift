import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whether SIGINT or SIGTERM came, for a loop that looks now and then.
struct StopSignals {
    private static let count = Atomic(0)

    /// Catches both signals from now on.
    init() {
        // The counter is made here, so that the handler does nothing but add to it.
        Self.count.store(0, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] { signal(number) { _ in StopSignals.count.add(1, ordering: .relaxed) } }
    }

    /// Whether one came.
    var isRaised: Bool { Self.count.load(ordering: .relaxed) > 0 }
}
