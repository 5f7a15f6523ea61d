import MailTapCore
import NIOCore

extension SocketAddress {
    /// The address for a record; an IPv4 address mapped into IPv6 (RFC 4291 section 2.5.5.2) counts as IPv4.
    var endpointAddress: IPAddress? {
        guard let text = ipAddress else { return nil }
        // A link-local IPv6 address may carry a zone, which no packet carries.
        guard let address = IPAddress(text.prefix { $0 != "%" }) else { return nil }
        guard !address.isIPv4, address.high == 0, address.low >> 32 == 0xFFFF else { return address }
        return IPAddress(v4: UInt32(truncatingIfNeeded: address.low))
    }

    func endpoint(name: String? = nil) -> Endpoint {
        Endpoint(address: endpointAddress, port: UInt16(truncatingIfNeeded: port ?? 0), name: name)
    }
}
