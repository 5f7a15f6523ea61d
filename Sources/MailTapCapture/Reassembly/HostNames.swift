import MailTapCore

/// Host names seen in a capture (name resolution blocks, DNS answers), as many as the bound allows.
///
/// Shared by the streams that DNS answers come in.
final class HostNames {
    private struct Exchanger {
        var domain: String
        var preference: UInt16
    }

    private let capacity: Int
    private var names: [IPAddress: String] = [:]
    private var lookups: [IPAddress: NameLookup] = [:]
    /// By host name: the domain that an MX answer named it for last.
    private var exchangers: [String: Exchanger] = [:]

    init(capacity: Int) { self.capacity = capacity }

    /// The name of an address, as said last.
    subscript(address: IPAddress?) -> String? {
        guard let address, !names.isEmpty else { return nil }
        return names[address]
    }

    /// The lookup that gave an address, as far as one was seen.
    func lookup(_ address: IPAddress?) -> NameLookup? {
        guard let address, !lookups.isEmpty, var lookup = lookups[address] else { return nil }
        if let exchanger = exchangers[lookup.name] {
            lookup.domain = exchanger.domain
            lookup.preference = exchanger.preference
        }
        return lookup
    }

    /// Remembers a name; once the table is full only known addresses get new ones.
    func learn(_ name: String, of address: IPAddress) {
        guard names.count < capacity || names[address] != nil else { return }
        names[address] = name
    }

    /// Learns from a DNS response (RFC 1035): each address is called what was asked for.
    ///
    /// The name asked for says more than the end of a chain of aliases, so it is the question's that counts.
    func learn(fromResponse message: RawSpan, at time: Timestamp) {
        guard let response = DNSResponse(message) else { return }
        for (domain, preference, host) in response.exchangers {
            guard exchangers.count < capacity || exchangers[host] != nil else { continue }
            exchangers[host] = Exchanger(domain: domain, preference: preference)
        }
        for (name, address) in response.addresses {
            learn(name, of: address)
            guard lookups.count < capacity || lookups[address] != nil else { continue }
            lookups[address] = NameLookup(name: name, type: address.isIPv4 ? "A" : "AAAA", time: time)
        }
    }
}
