import MailTapCore

/// What a capture says of one packet beside its octets.
struct PacketRecord {
    /// When it was captured.
    var time: Timestamp
    /// What it begins with; nil for a link-layer type that MailTap does not read.
    var link: LinkType?
    /// The number of what it begins with; of use where that is not read.
    var linkNumber: UInt16 = 0
    /// Its length on the wire, of which the snapshot length may have kept less.
    var wireLength: Int
    /// The comments on it that are MailTap's own (`mailtap: `); nil nearly always.
    var comments: [String]?
}

/// Takes the packets of a capture one after another.
protocol PacketHandler: ~Copyable {
    /// A packet. The span is only valid during the call.
    mutating func packet(_ record: PacketRecord, _ bytes: RawSpan)
    /// TLS key log lines that the capture holds (a Decryption Secrets Block).
    mutating func secrets(_ keyLog: RawSpan)
    /// A host name that the capture holds (a Name Resolution Block).
    mutating func name(_ name: String, of address: IPAddress)
    /// Packets that the capturing machine dropped.
    mutating func dropped(_ count: UInt64)
    /// Nothing came for so long, and more may still come (a pipe, a file that is followed).
    mutating func idle(milliseconds: Int64)
    /// How far the reader is, in octets; called about once a MiB.
    mutating func progress(_ offset: UInt64)
}
