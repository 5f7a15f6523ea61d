import CPcap
import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Addresses as the system's calls give them.
enum SystemAddress {
    /// The text of an IPv4 or IPv6 address; nil for other families.
    static func text(_ address: UnsafePointer<sockaddr>?) -> String? {
        guard let address else { return nil }
        // The family says which of the two structures stands there.
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            var host = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            return presentation(AF_INET, &host)
        case AF_INET6:
            var host = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return presentation(AF_INET6, &host)
        default: return nil
        }
    }

    private static func presentation(_ family: Int32, _ host: UnsafeRawPointer) -> String? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, host, &text, socklen_t(text.count)) != nil else { return nil }
        return PcapHandle.text(text)
    }
}
