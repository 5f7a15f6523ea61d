import CPcap

/// What the link-layer types of captures are called.
public enum LinkLayer {
    /// A type by its number in savefiles (LINKTYPE), with libpcap's name where it has one: `239 (NFLOG)`.
    public static func describe(_ number: UInt16) -> String {
        guard let name = pcap_datalink_val_to_name(Int32(number)) else { return "\(number)" }
        return "\(number) (\(String(cString: name)))"
    }
}
