import CPcap

/// A network interface that packets can be captured from.
public struct LiveInterface: Sendable, Hashable {
    /// What `capture -i` takes.
    public var name: String
    /// What the system says of it; nil for nothing.
    public var description: String?
    /// Its addresses, as text.
    public var addresses: [String]
    /// Whether it is up, and whether it is the loopback.
    public var isUp: Bool, isLoopback: Bool

    /// The interfaces that this process may see, in libpcap's order.
    ///
    /// - Throws: `CaptureError` where the system can't list them.
    public static func all() throws(CaptureError) -> [LiveInterface] {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        var list: UnsafeMutablePointer<pcap_if_t>?
        guard pcap_findalldevs(&list, &message) == 0 else {
            throw CaptureError(
                code: .interface, input: "network interfaces", reason: PcapHandle.text(message))
        }
        defer { pcap_freealldevs(list) }
        var found: [LiveInterface] = []
        var next = list
        while let entry = next?.pointee {
            found.append(LiveInterface(entry))
            next = entry.next
        }
        return found
    }

    private init(_ entry: pcap_if_t) {
        name = entry.name.map { String(cString: $0) } ?? ""
        description = entry.description.map { String(cString: $0) }
        isUp = entry.flags & UInt32(PCAP_IF_UP) != 0
        isLoopback = entry.flags & UInt32(PCAP_IF_LOOPBACK) != 0
        addresses = []
        var next = entry.addresses
        while let address = next?.pointee {
            if let text = SystemAddress.text(address.addr) { addresses.append(text) }
            next = address.next
        }
    }
}
