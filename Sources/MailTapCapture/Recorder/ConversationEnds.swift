import MailTapCore

/// The two ends that a session's packets are written with.
struct ConversationEnds {
    var client: WrittenSegment.End
    var server: WrittenSegment.End

    /// The session's own ends, made fit for one conversation.
    ///
    /// Where one is not known, documentation addresses (RFC 5737, RFC 3849) and usual ports stand in. Where only one end is IPv6, the other is written as an IPv4-mapped address (RFC 4291 section 2.5.5.2).
    ///
    /// - Parameters:
    ///   - info: the session.
    ///   - number: tells sessions without a client port apart.
    init(_ info: SessionInfo, number: UInt32) {
        let isIPv4 = [info.client.address, info.server.address].allSatisfy { $0?.isIPv4 ?? true }
        client = WrittenSegment.End(
            address: Self.address(info.client.address, isIPv4, host: 1),
            port: info.client.port != 0 ? info.client.port : 49_152 + UInt16(number % 16_384), station: 1)
        server = WrittenSegment.End(
            address: Self.address(info.server.address, isIPv4, host: 25),
            port: info.server.port != 0 ? info.server.port : Self.port(info), station: 2)
    }

    private static func address(_ address: IPAddress?, _ isIPv4: Bool, host: UInt64) -> IPAddress {
        guard !isIPv4 else { return address ?? IPAddress(v4: 0xC000_0200 | UInt32(truncatingIfNeeded: host)) }
        guard let address else { return IPAddress(high: 0x2001_0DB8 << 32, low: host) }
        return address.isIPv4 ? IPAddress(high: 0, low: 0xFFFF << 32 | address.low) : address
    }

    private static func port(_ info: SessionInfo) -> UInt16 {
        switch info.expecting {
        case .pop3: info.expectsTLS ? 995 : 110
        case .imap: info.expectsTLS ? 993 : 143
        case .smtp, nil: info.expectsTLS ? 465 : 25
        }
    }
}
