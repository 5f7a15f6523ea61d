/// Block types of pcapng that MailTap reads; all others are passed over.
enum PcapNGBlock {
    static let interfaceDescription: UInt32 = 1
    static let packet: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let nameResolution: UInt32 = 4
    static let interfaceStatistics: UInt32 = 5
    static let enhancedPacket: UInt32 = 6
    static let decryptionSecrets: UInt32 = 10
    static let sectionHeader: UInt32 = 0x0A0D_0D0A
    /// The section header's byte-order magic, in the section's own order.
    static let byteOrderMagic: UInt32 = 0x1A2B_3C4D
    /// A secrets block whose content is a TLS key log.
    static let tlsKeyLog: UInt32 = 0x544C_534B
}
