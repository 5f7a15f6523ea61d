public import MailTapCore

/// The names and addresses that a certificate is for.
public struct ServerNames: Sendable, Hashable {
    /// Host names in lower case, perhaps with a `*` as the first label; each at most 253 octets.
    public private(set) var dns: [String] = []
    /// Addresses (RFC 5280 section 4.2.1.6: `iPAddress`).
    public private(set) var addresses: [IPAddress] = []

    /// A certificate takes no more than this many of each from a server.
    private static let most = 100

    /// No name yet.
    public init() {}

    /// Adds a host name or address; what is neither is left out, and so are repetitions.
    public mutating func add(_ name: String) {
        if let address = IPAddress(name) { return add(address) }
        let name = String(name.lowercased().drop { $0 == "." })
        let isName =
            (1...253).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: "-")
            && name.utf8.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                    UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "*"):
                    true
                default: false
                }
            }
        guard isName, dns.count < Self.most, !dns.contains(name) else { return }
        dns.append(name)
    }

    /// Adds an address.
    public mutating func add(_ address: IPAddress) {
        guard addresses.count < Self.most, !addresses.contains(address) else { return }
        addresses.append(address)
    }

    /// Adds the names of another certificate.
    public mutating func add(_ others: ServerNames) {
        for name in others.dns { add(name) }
        for address in others.addresses { add(address) }
    }

    /// Whether a text is an address, and no name.
    static func isAddress(_ text: String) -> Bool { IPAddress(text) != nil }

    /// Whether there is none.
    public var isEmpty: Bool { dns.isEmpty && addresses.isEmpty }

    /// The one that stands for all: the first name, else the first address.
    public var primary: String { dns.first ?? addresses.first?.description ?? "localhost" }

    /// All of them, for a person.
    public var list: String { (dns + addresses.map(\.description)).joined(separator: ", ") }
}
