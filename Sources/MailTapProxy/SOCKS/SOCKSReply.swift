import MailTapCore
import MailTapTLS
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a SOCKS server answers to a request to connect (RFC 1928 section 6).
enum SOCKSReply: UInt8, Sendable {
    case succeeded = 0
    case failed = 1
    case networkUnreachable = 3
    case hostUnreachable = 4
    case refused = 5
    case commandNotSupported = 7
    case addressNotSupported = 8

    /// Why a server can't be reached.
    init(_ error: any Error) {
        switch error {
        case let error as IOError:
            switch error.errnoCode {
            case ECONNREFUSED: self = .refused
            case ENETUNREACH: self = .networkUnreachable
            case EHOSTUNREACH, ETIMEDOUT: self = .hostUnreachable
            default: self = .failed
            }
        case let error as NIOConnectionError:
            self = error.connectionErrors.last.map { SOCKSReply($0.error) } ?? .hostUnreachable
        case ChannelError.connectTimeout, is SocketAddressError: self = .hostUnreachable
        default: self = .failed
        }
    }

    /// The reply's octets; `bound` is the proxy's end of the connection to the server, 0.0.0.0:0 where there is none.
    func octets(bound: Endpoint? = nil) -> [UInt8] {
        let address = bound?.address ?? IPAddress(v4: 0)
        let port = bound?.port ?? 0
        return [5, rawValue, 0, address.isIPv4 ? 1 : 4] + address.octets
            + [UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port)]
    }
}
