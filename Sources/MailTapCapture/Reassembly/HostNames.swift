import MailTapCore

/// Host names seen in a capture (name resolution blocks, DNS answers): the last ones, as many as the bound allows.
///
/// Shared by the streams that DNS answers come in.
final class HostNames {
    private struct Exchanger {
        var domain: String
        var preference: UInt16
    }

    /// What was answered to one host.
    private struct Told<Subject: Hashable>: Hashable {
        var subject: Subject
        var asker: IPAddress
    }

    /// By name resolution blocks.
    private var names: RecentTable<IPAddress, String>
    /// By the answers to reverse lookups.
    private var pointers: RecentTable<IPAddress, String>
    private var lookups: RecentTable<IPAddress, NameLookup>
    private var lookupsTold: RecentTable<Told<IPAddress>, NameLookup>
    /// By host name: the domain that an MX answer named it for last.
    private var exchangers: RecentTable<String, Exchanger>
    private var exchangersTold: RecentTable<Told<String>, Exchanger>

    /// - Parameter capacity: how many names of each kind are remembered.
    init(capacity: Int) {
        names = RecentTable(capacity: capacity)
        pointers = RecentTable(capacity: capacity)
        lookups = RecentTable(capacity: capacity)
        lookupsTold = RecentTable(capacity: capacity)
        exchangers = RecentTable(capacity: capacity)
        exchangersTold = RecentTable(capacity: capacity)
    }

    /// The name of an address: as `asker` was told, else as anybody was, else as the capture's maker named it, else as a
    /// reverse lookup did.
    subscript(address: IPAddress?, for asker: IPAddress?) -> String? {
        guard let address else { return nil }
        if !lookups.isEmpty, let lookup = told(address, asker) ?? lookups[address] { return lookup.name }
        return names[address] ?? pointers[address]
    }

    /// The lookup that gave an address: the last of `asker`'s own, else the last of all.
    func lookup(_ address: IPAddress?, for asker: IPAddress?) -> NameLookup? {
        guard let address, !lookups.isEmpty, var lookup = told(address, asker) ?? lookups[address] else { return nil }
        let own = asker.flatMap { exchangersTold[Told(subject: lookup.name, asker: $0)] }
        if let exchanger = own ?? exchangers[lookup.name] {
            lookup.domain = exchanger.domain
            lookup.preference = exchanger.preference
        }
        return lookup
    }

    private func told(_ address: IPAddress, _ asker: IPAddress?) -> NameLookup? {
        guard let asker, !lookupsTold.isEmpty else { return nil }
        return lookupsTold[Told(subject: address, asker: asker)]
    }

    /// Remembers a name that the capture gives an address.
    func learn(_ name: String, of address: IPAddress) { names.set(name, for: address) }

    /// Learns from a DNS response (RFC 1035): each address is called what was asked for.
    ///
    /// The name asked for says more than the end of a chain of aliases, so it is the question's that counts.
    /// - Parameter asker: whom the response went to: of two names of one address it was led by its own.
    func learn(fromResponse message: RawSpan, to asker: IPAddress? = nil, at time: Timestamp) {
        guard let response = DNSResponse(message) else { return }
        for (domain, preference, host) in response.exchangers {
            let exchanger = Exchanger(domain: domain, preference: preference)
            exchangers.set(exchanger, for: host)
            if let asker { exchangersTold.set(exchanger, for: Told(subject: host, asker: asker)) }
        }
        for (name, address) in response.addresses {
            let lookup = NameLookup(name: name, type: address.isIPv4 ? "A" : "AAAA", time: time)
            lookups.set(lookup, for: address)
            if let asker { lookupsTold.set(lookup, for: Told(subject: address, asker: asker)) }
        }
        for (address, name) in response.pointers { pointers.set(name, for: address) }
    }
}
