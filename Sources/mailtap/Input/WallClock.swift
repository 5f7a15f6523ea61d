import MailTapCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The system's wall clock.
enum WallClock {
    /// The present moment.
    static var now: Timestamp {
        var value = timespec()
        clock_gettime(CLOCK_REALTIME, &value)
        return Timestamp(nanoseconds: Int64(value.tv_sec) &* 1_000_000_000 &+ Int64(value.tv_nsec))
    }
}
