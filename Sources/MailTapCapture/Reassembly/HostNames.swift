import MailTapCore

/// Host names seen in a capture (name resolution blocks, DNS answers), as many as the bound allows.
struct HostNames {
    private let capacity: Int
    private var names: [IPAddress: String] = [:]

    init(capacity: Int) { self.capacity = capacity }

    /// The name of an address, as said last.
    subscript(address: IPAddress?) -> String? {
        guard let address, !names.isEmpty else { return nil }
        return names[address]
    }

    /// Remembers a name; once the table is full only known addresses get new ones.
    mutating func learn(_ name: String, of address: IPAddress) {
        guard names.count < capacity || names[address] != nil else { return }
        names[address] = name
    }
}
