import MailTapCore
import NIOCore

extension SocketAddress {
    /// The address for a record; an IPv4 address mapped into IPv6 (RFC 4291 section 2.5.5.2) counts as IPv4.
    ///
    /// Taken from the octets: `sockaddr_in` has the address at offset 4 and `sockaddr_in6` at offset 8, on Linux and
    /// Darwin alike. By way of its text it cost a short session a twentieth of its CPU time.
    var endpointAddress: IPAddress? {
        switch self {
        case .v4(let address):
            let bits = withUnsafeBytes(of: address.address) { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
            return IPAddress(v4: UInt32(bigEndian: bits))
        case .v6(let address):
            // A link-local address may have a zone, which no packet carries; it stands elsewhere.
            let (high, low) = withUnsafeBytes(of: address.address) { octets in
                (
                    UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
                )
            }
            guard high == 0, low >> 32 == 0xFFFF else { return IPAddress(high: high, low: low) }
            return IPAddress(v4: UInt32(truncatingIfNeeded: low))
        case .unixDomainSocket: return nil
        }
    }

    func endpoint(name: String? = nil) -> Endpoint {
        Endpoint(address: endpointAddress, port: UInt16(truncatingIfNeeded: port ?? 0), name: name)
    }
}
