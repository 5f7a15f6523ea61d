import MailTapCore
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Which DNS servers are asked.
enum ResolverAddresses {
    /// The one that the user names, else those of /etc/resolv.conf, else the one of this machine.
    static func find(_ named: ListenAddress?) -> [SocketAddress] {
        if let named, let address = try? SocketAddress(ipAddress: named.host, port: Int(named.port)) {
            return [address]
        }
        let system = read("/etc/resolv.conf")
        return system.isEmpty ? [try? SocketAddress(ipAddress: "127.0.0.1", port: 53)].compactMap(\.self) : system
    }

    private static func read(_ path: String) -> [SocketAddress] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var octets = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&octets, 1, octets.count, file)
        return parse(String(decoding: octets.prefix(count), as: UTF8.self))
    }

    /// The first three `nameserver` lines (resolv.conf(5)).
    static func parse(_ text: String) -> [SocketAddress] {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split { $0 == " " || $0 == "\t" } }
        return Array(
            lines.filter { $0.first == "nameserver" && $0.count > 1 }
                .compactMap { try? SocketAddress(ipAddress: String($0[1]), port: 53) }.prefix(3))
    }
}
