import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why a route can't be listened on, with what to try.
enum BindFailure {
    static func explain(_ error: any Error, _ door: FrontDoor) -> ProxyError {
        ProxyError(
            code: .bind,
            context: "can't listen on \(door.listen) for the route '\(door)': "
                + "\(FailureReason.words(error)); \(advice(error))")
    }

    private static func advice(_ error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: "another program listens there: choose another port, or 0 for a free one"
        case EACCES, EPERM: "ports below 1024 need privileges: choose a higher port, for example 2525"
        case EADDRNOTAVAIL: "this machine has no such address: 127.0.0.1 and [::1] are always there"
        case EMFILE, ENFILE: "too many files are open: raise ulimit -n"
        default: "write PORT, HOST:PORT or [IPv6]:PORT with an address of this machine"
        }
    }
}
