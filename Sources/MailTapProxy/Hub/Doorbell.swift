#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Wakes one thread from others, through a pipe: nothing but two descriptors, so that it is `Sendable` by nature.
struct Doorbell: ~Copyable, Sendable {
    private let reader: Int32
    private let writer: Int32

    /// A bell that nobody rang; nil where the process has no descriptor left.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        reader = ends[0]
        writer = ends[1]
    }

    deinit {
        close(reader)
        close(writer)
    }

    /// Wakes the waiting thread, or keeps it from falling asleep next time; callable from any thread.
    func ring() {
        // A full pipe means that the bell was rung often enough already.
        var octet: UInt8 = 1
        _ = write(writer, &octet, 1)
    }

    /// Sleeps until the bell rings, or for so many milliseconds.
    func wait(milliseconds: Int32) {
        var watched = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, milliseconds) > 0 else { return }
        var drain: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while withUnsafeMutableBytes(of: &drain, { read(reader, $0.baseAddress, $0.count) }) > 0 {}
    }
}
