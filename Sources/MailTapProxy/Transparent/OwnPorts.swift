import MailTapCore
import NIOCore
import Synchronization

/// The ports that the proxy's own connections to servers come from, so that one which the system redirects back to the
/// proxy is known before it begins another.
///
/// A connection is bound before it is made: it can't come back sooner than its port is known.
final class OwnPorts: Sendable {
    private let ports = Mutex<Set<UInt16>>([])

    /// Binds a channel that is to be connected to a port of its own, which counts until the channel is closed.
    func claim(_ channel: any Channel) -> EventLoopFuture<Void> {
        let bound = Self.bind(channel, "0.0.0.0").flatMapError { _ in Self.bind(channel, "::") }
        return bound.map { [self] in
            guard let port = channel.localAddress?.port.flatMap(UInt16.init(exactly:)) else { return }
            _ = ports.withLock { $0.insert(port) }
            channel.closeFuture.whenComplete { [self] _ in _ = ports.withLock { $0.remove(port) } }
        }
    }

    /// Whether a connection that comes from there is one of the proxy's own.
    ///
    /// The port is this process's alone on this machine; another machine may use the same number.
    func contain(_ remote: SocketAddress) -> Bool {
        guard let port = remote.port.flatMap(UInt16.init(exactly:)), ports.withLock({ $0.contains(port) }),
            let address = remote.endpointAddress
        else { return false }
        let devices = (try? System.enumerateDevices()) ?? []
        return address.isLoopback || devices.contains { $0.address?.endpointAddress == address }
    }

    private static func bind(_ channel: any Channel, _ address: String) -> EventLoopFuture<Void> {
        do {
            return channel.bind(to: try SocketAddress(ipAddress: address, port: 0))
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
    }
}
