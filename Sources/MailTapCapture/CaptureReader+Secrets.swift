import MailTapCore

extension CaptureReader {
    /// Reads only the TLS key log lines of a capture (its Decryption Secrets Blocks), wherever in it they stand.
    ///
    /// - Parameters:
    ///   - source: the input, from its first octet.
    ///   - name: the INPUT as the user calls it.
    /// - Returns: the blocks' texts, one after another, as far as the input could be read.
    public static func secrets(in source: any ByteSource, named name: String) -> [[UInt8]] {
        var collector = SecretsCollector()
        // Damage is told by whoever reads the packets.
        try? read(source, named: name, wantsComments: false, into: &collector)
        return collector.found
    }
}

/// Takes secrets, and passes over everything else.
private struct SecretsCollector: PacketHandler, ~Copyable {
    private(set) var found: [[UInt8]] = []

    mutating func packet(_ record: PacketRecord, _ bytes: RawSpan) {}
    mutating func secrets(_ keyLog: RawSpan) { found.append([UInt8](copying: keyLog)) }
    mutating func name(_ name: String, of address: IPAddress) {}
    mutating func dropped(_ count: UInt64) {}
    mutating func idle(milliseconds: Int64) {}
    mutating func progress(_ offset: UInt64) {}
}
