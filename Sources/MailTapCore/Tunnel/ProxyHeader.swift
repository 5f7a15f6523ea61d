/// The PROXY protocol: a header in which a load balancer says who connected to it and where
/// (haproxy's proxy-protocol.txt, sections 2.1 and 2.2).
enum ProxyHeader {
    private static let word = [UInt8]("PROXY ".utf8)
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    /// Octets of the readable form at most, its CRLF included.
    private static let longestLine = 107

    /// The readable form: one line.
    static func line(_ bytes: RawSpan) -> PreambleMessage {
        switch bytes.begins(with: word) {
        case nil: return .partial
        case false?: return .none
        case true?: break
        }
        guard let end = bytes.firstIndex(of: 10) else { return bytes.byteCount < longestLine ? .partial : .none }
        return end < longestLine && bytes[octet: end - 1] == 13 ? .whole(end + 1) : .none
    }

    /// The binary form: a signature, version and command, family, length, addresses.
    static func block(_ bytes: RawSpan) -> PreambleMessage {
        switch bytes.begins(with: signature) {
        case nil: return .partial
        case false?: return .none
        case true?: break
        }
        guard bytes.byteCount >= 16 else { return .partial }
        guard bytes[octet: 12] >> 4 == 2 else { return .none }
        return PreambleMessage(length: 16 + Int(bytes.port(at: 14)), of: bytes.byteCount)
    }

    /// The ends that a line names: `PROXY TCP4 192.0.2.7 192.0.2.25 50112 25`; none for UNKNOWN.
    static func ends1(of line: RawSpan) -> (client: Endpoint?, target: Endpoint?) {
        let words = line.text(0..<line.byteCount).split(whereSeparator: { $0 == " " || $0 == "\r\n" })
        guard words.count == 6, words[1] == "TCP4" || words[1] == "TCP6",
            let source = IPAddress(words[2]), let destination = IPAddress(words[3]),
            let sourcePort = UInt16(words[4]), let destinationPort = UInt16(words[5])
        else { return (nil, nil) }
        return (
            Endpoint(address: source, port: sourcePort), Endpoint(address: destination, port: destinationPort)
        )
    }

    /// The ends that a block names; none for LOCAL (a health check) and for other families than TCP over IP.
    static func ends2(of block: RawSpan) -> (client: Endpoint?, target: Endpoint?) {
        guard block.byteCount >= 16, block[octet: 12] & 15 == 1 else { return (nil, nil) }
        switch block[octet: 13] {
        case 0x11 where block.byteCount >= 28:
            return (
                Endpoint(address: block.address4(at: 16), port: block.port(at: 24)),
                Endpoint(address: block.address4(at: 20), port: block.port(at: 26))
            )
        case 0x21 where block.byteCount >= 52:
            return (
                Endpoint(address: block.address6(at: 16), port: block.port(at: 48)),
                Endpoint(address: block.address6(at: 32), port: block.port(at: 50))
            )
        default: return (nil, nil)
        }
    }
}
