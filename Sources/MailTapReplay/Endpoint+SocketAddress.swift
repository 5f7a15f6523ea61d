import MailTapCore
import NIOCore

extension Endpoint {
    /// A socket's address.
    init(_ address: SocketAddress?, name: String?) {
        self.init(
            address: address?.ipAddress.flatMap { IPAddress($0) },
            port: UInt16(truncatingIfNeeded: address?.port ?? 0), name: name)
    }
}
