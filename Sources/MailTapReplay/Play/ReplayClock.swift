import MailTapCore
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The wall clock once, then the monotonic clock's advance, so that a session's times never run backwards.
struct ReplayClock: Sendable {
    private let wall: Int64
    private let start = NIODeadline.now()

    init() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        wall = Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
    }

    var now: Timestamp { Timestamp(nanoseconds: wall).advanced(by: (NIODeadline.now() - start).nanoseconds) }
}
