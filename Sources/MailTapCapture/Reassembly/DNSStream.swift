import MailTapCore

/// DNS over TCP (RFC 7766): a connection of its own, of which only the answers matter.
final class DNSStream: SessionSink {
    private let names: HostNames
    private let asker: IPAddress?
    private var octets: [UInt8] = []
    private(set) var wantsMore = true

    init(names: HostNames, asker: IPAddress?) { (self.names, self.asker) = (names, asker) }

    /// Whether a connection that begins with these octets of its client is one: a whole query behind its length.
    static func begins(with first: RawSpan, to port: UInt16) -> Bool {
        port == 53 && first.byteCount >= 14 && Int(first.u16(0)) + 2 == first.byteCount && first.u16(4) & 0x8000 == 0
    }

    func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
        guard side == .server, wantsMore else { return }
        octets += [UInt8](copying: bytes)
        var start = 0
        while octets.count - start >= 2 {
            let length = Int(octets[start]) << 8 | Int(octets[start + 1])
            guard octets.count - start >= 2 + length else { break }
            names.learn(
                fromResponse: octets.span.bytes.extracting(start + 2..<start + 2 + length), to: asker, at: time)
            start += 2 + length
        }
        octets.removeFirst(start)
    }

    func mark(_ mark: Mark, at time: Timestamp) {
        // Where the next message begins is not known behind a gap.
        if case .gap(.server, _) = mark {
            wantsMore = false
            octets = []
        }
    }

    func end(at time: Timestamp) {}
}
