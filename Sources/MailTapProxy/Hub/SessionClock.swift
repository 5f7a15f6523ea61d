import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One session's time: the wall clock is read once, from there on a monotonic clock advances it.
struct SessionClock: Sendable {
    /// When the session began.
    let started: Timestamp
    private let base: Int64

    /// A clock that begins now.
    init() {
        started = Timestamp(nanoseconds: Self.read(CLOCK_REALTIME))
        base = Self.read(CLOCK_MONOTONIC)
    }

    /// The present moment; never before an earlier one of this session.
    var now: Timestamp { started.advanced(by: Self.read(CLOCK_MONOTONIC) &- base) }

    /// Monotonic nanoseconds since some moment in the past.
    static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var value = timespec()
        clock_gettime(clock, &value)
        return Int64(value.tv_sec) &* 1_000_000_000 &+ Int64(value.tv_nsec)
    }
}
