#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How many files the process may have open (`ulimit -n`), and what that means for sessions.
public struct DescriptorLimit: Sendable, Equatable {
    /// Open files that the process may have.
    public var files: Int

    /// A limit of so many open files.
    public init(files: Int) { self.files = files }

    /// Sessions that fit: each takes two descriptors; some stay for listeners, event loops, recordings and metrics.
    public var sessions: Int { max(1, (files - min(128, files / 3)) / 2) }

    /// Raises the soft limit to the hard one, which any process may do, and returns what is in force.
    public static func raise() -> DescriptorLimit {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return DescriptorLimit(files: 1_024) }
        var wanted = limit
        wanted.rlim_cur = limit.rlim_max
        #if canImport(Darwin)
            // Darwin takes no more than this, whatever the hard limit says (setrlimit(2)).
            wanted.rlim_cur = min(limit.rlim_max, rlim_t(OPEN_MAX))
        #endif
        if setrlimit(resource, &wanted) == 0 { limit = wanted }
        return DescriptorLimit(files: Int(clamping: limit.rlim_cur))
    }

    #if canImport(Glibc)
        private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
    #else
        private static var resource: Int32 { RLIMIT_NOFILE }
    #endif
}
