/// What is known of one side's records.
struct TLSDirection: Sendable {
    /// How the side's next record is read.
    enum Protection: Sendable {
        /// In clear, as handshakes begin.
        case none
        /// Opened with keys.
        case protected(RecordProtection)
        /// Encrypted, and no keys are there.
        case sealed
    }

    /// Why a record that fails authentication may be passed over.
    enum Leniency: Sendable {
        case none
        /// Early data, which was refused, or whose key is not known (RFC 8446 section 4.2.10).
        case earlyData
        /// Handshake records whose secret the key log lacks, before content whose secret it has.
        case handshake
    }

    var framer = RecordFramer()
    var handshake = HandshakeStream()
    var protection = Protection.none
    /// What ChangeCipherSpec switches to (TLS 1.2), or EndOfEarlyData (TLS 1.3).
    var next: RecordProtection?
    /// TLS 1.3: the traffic secret of content, the first or the newest.
    var trafficSecret: [UInt8]?
    var leniency = Leniency.none
    /// Octets of early data that were passed over.
    var skipped: UInt64 = 0
    /// Records that were opened.
    var opened: UInt64 = 0
    /// Whether decryption of this side has ended before its octets did.
    var isBroken = false
}
