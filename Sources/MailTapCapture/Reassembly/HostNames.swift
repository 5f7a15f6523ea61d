import MailTapCore

/// Host names seen in a capture (name resolution blocks, DNS answers), as many as the bound allows.
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

    private let capacity: Int
    private var names: [IPAddress: String] = [:]
    /// What addresses are called by the answers to their reverse lookups.
    private var pointers: [IPAddress: String] = [:]
    private var lookups: [IPAddress: NameLookup] = [:]
    private var lookupsTold: [Told<IPAddress>: NameLookup] = [:]
    /// By host name: the domain that an MX answer named it for last.
    private var exchangers: [String: Exchanger] = [:]
    private var exchangersTold: [Told<String>: Exchanger] = [:]

    init(capacity: Int) { self.capacity = capacity }

    /// The name of an address: as `asker` was told, else as said last, else as a reverse lookup called it.
    subscript(address: IPAddress?, for asker: IPAddress?) -> String? {
        guard let address, !names.isEmpty || !pointers.isEmpty else { return nil }
        if let told = told(address, asker) { return told.name }
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

    /// Remembers a name; once the table is full only known addresses get new ones.
    func learn(_ name: String, of address: IPAddress) { remember(name, address, in: &names) }

    /// Learns from a DNS response (RFC 1035): each address is called what was asked for.
    ///
    /// The name asked for says more than the end of a chain of aliases, so it is the question's that counts.
    /// - Parameter asker: whom the response went to: of two names of one address it was led by its own.
    func learn(fromResponse message: RawSpan, to asker: IPAddress? = nil, at time: Timestamp) {
        guard let response = DNSResponse(message) else { return }
        for (domain, preference, host) in response.exchangers {
            let exchanger = Exchanger(domain: domain, preference: preference)
            remember(exchanger, host, in: &exchangers)
            if let asker { remember(exchanger, Told(subject: host, asker: asker), in: &exchangersTold) }
        }
        for (name, address) in response.addresses {
            learn(name, of: address)
            let lookup = NameLookup(name: name, type: address.isIPv4 ? "A" : "AAAA", time: time)
            remember(lookup, address, in: &lookups)
            if let asker { remember(lookup, Told(subject: address, asker: asker), in: &lookupsTold) }
        }
        for (address, name) in response.pointers { remember(name, address, in: &pointers) }
    }

    private func remember<Key: Hashable, Value>(_ value: Value, _ key: Key, in table: inout [Key: Value]) {
        guard table.count < capacity || table[key] != nil else { return }
        table[key] = value
    }
}
