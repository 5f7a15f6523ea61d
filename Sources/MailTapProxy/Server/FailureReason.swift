import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An I/O error in a few words for a person.
enum FailureReason {
    static func words(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError: words(error)
        case ChannelError.connectTimeout: "no answer in time"
        case let error as SocketAddressError: words(error)
        default: "\(error)"
        }
    }

    private static func words(_ error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.last { return words(failure.error) }
        if error.dnsAError != nil || error.dnsAAAAError != nil { return "the name can't be resolved" }
        return "no address answers"
    }

    private static func words(_ error: SocketAddressError) -> String {
        if case .unknown = error { return "the name can't be resolved" }
        return "\(error)"
    }
}
