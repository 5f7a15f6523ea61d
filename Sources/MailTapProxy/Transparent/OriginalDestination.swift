import MailTapCore
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where a connection was going before Linux redirected it here (`REDIRECT` of iptables or nftables).
enum OriginalDestination {
    /// What is found.
    enum Outcome: Sendable, Equatable {
        /// It was going there.
        case redirected(Endpoint)
        /// It was made to this very address; whoever made it wants MailTap itself.
        case direct
        /// The system does not say, for this reason.
        case unknown(String)
    }

    /// Whether this system can tell at all.
    static var isSupported: Bool {
        #if os(Linux)
            true
        #else
            false
        #endif
    }

    /// SO_ORIGINAL_DST of `linux/netfilter_ipv4.h` and IP6T_SO_ORIGINAL_DST of `linux/netfilter_ipv6/ip6_tables.h`.
    private static let option = NIOBSDSocket.Option(rawValue: 80)
    private static let ipv4 = NIOBSDSocket.OptionLevel(rawValue: 0)
    private static let ipv6 = NIOBSDSocket.OptionLevel(rawValue: 41)

    /// Asks the system, and calls `done` on the channel's event loop; call it there.
    static func find(_ channel: any Channel, done: @escaping (Outcome) -> Void) {
        guard isSupported, let socket = channel as? any SocketOptionProvider, let local = channel.localAddress else {
            return done(.unknown("this system can't tell where it was going"))
        }
        let here = local.endpoint()
        let settle = { (found: Result<Endpoint, any Error>) in
            switch found {
            case .success(let target) where target.address == here.address && target.port == here.port: done(.direct)
            case .success(let target): done(.redirected(target))
            // What the kernel never tracked was not redirected.
            case .failure(let error as IOError) where [ENOENT, ENOPROTOOPT].contains(error.errnoCode): done(.direct)
            case .failure(let error): done(.unknown(FailureReason.words(error)))
            }
        }
        // The type is what the option gives (the kernel fills in a whole socket address of the family), as wide as it says.
        if here.address?.isIPv4 == true {
            let found: EventLoopFuture<sockaddr_in> = socket.unsafeGetSocketOption(level: ipv4, name: option)
            found.assumeIsolated().whenComplete { settle($0.map { SocketAddress($0).endpoint() }) }
        } else {
            let found: EventLoopFuture<sockaddr_in6> = socket.unsafeGetSocketOption(level: ipv6, name: option)
            found.assumeIsolated().whenComplete { settle($0.map { SocketAddress($0).endpoint() }) }
        }
    }
}
