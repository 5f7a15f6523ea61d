/// One end of a connection: where it is, and how it is called where that is known.
public struct Endpoint: Sendable, Hashable {
    /// The peer's address; nil where none is known (a dialogue file that names none).
    public var address: IPAddress?
    /// TCP port, 0 where unknown.
    public var port: UInt16
    /// Host name, from a route's URL, SNI or a DNS answer; nil where unknown.
    public var name: String?

    /// One end of a connection.
    public init(address: IPAddress?, port: UInt16, name: String? = nil) {
        self.address = address
        self.port = port
        self.name = name
    }
}

extension Endpoint: CustomStringConvertible {
    /// `address:port`, with brackets around IPv6; the name stands in where there is no address.
    public var description: String {
        guard address != nil else { return "\(name ?? "?"):\(port)" }
        var out: [UInt8] = []
        append(to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Appends address and port as `description` has them; the port alone where there is no address.
    public func append(to out: inout [UInt8]) {
        if let address {
            if !address.isIPv4 { out.append(UInt8(ascii: "[")) }
            address.append(to: &out)
            if !address.isIPv4 { out.append(UInt8(ascii: "]")) }
        }
        out.append(UInt8(ascii: ":"))
        TimeText.append(UInt64(port), to: &out)
    }
}
