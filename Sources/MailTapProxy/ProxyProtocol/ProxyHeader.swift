import MailTapCore
import MailTapTLS

/// The header by which a proxy tells the next server who its client is (PROXY protocol, HAProxy's specification).
struct ProxyHeader: Sendable, Equatable {
    /// The two forms of the header.
    enum Version: Int, Sendable, CaseIterable {
        /// One line of text.
        case one = 1
        /// Binary.
        case two = 2
    }

    /// The client; nil where the sender speaks for itself (`UNKNOWN`, `LOCAL`).
    var client: Endpoint?
    /// Where the client connected to.
    var server: Endpoint?

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    // MARK: Writing

    /// The header's octets.
    func octets(_ version: Version) -> [UInt8] {
        guard let source = client?.address, let target = server?.address, source.isIPv4 == target.isIPv4,
            let ports = client.flatMap({ client in server.map { (client.port, $0.port) } })
        else {
            return version == .one ? Array("PROXY UNKNOWN\r\n".utf8) : Self.signature + [0x20, 0, 0, 0]
        }
        switch version {
        case .one:
            let family = source.isIPv4 ? "TCP4" : "TCP6"
            return Array("PROXY \(family) \(source) \(target) \(ports.0) \(ports.1)\r\n".utf8)
        case .two:
            let content = source.octets + target.octets + Self.octets(ports.0) + Self.octets(ports.1)
            return Self.signature + [0x21, source.isIPv4 ? 0x11 : 0x21, 0, UInt8(content.count)] + content
        }
    }

    private static func octets(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(port & 255)] }

    // MARK: Reading

    /// What octets from the beginning of a connection amount to.
    enum Outcome: Sendable, Equatable {
        /// More is needed.
        case incomplete
        /// The header, and how many octets it takes.
        case header(ProxyHeader, length: Int)
        /// There is no header.
        case invalid
    }

    /// Reads a header of either version.
    static func read(_ octets: [UInt8]) -> Outcome {
        if octets.first == signature[0] { return readBinary(octets) }
        return readText(octets)
    }

    /// Version 1: at most 107 octets, CRLF included.
    private static func readText(_ octets: [UInt8]) -> Outcome {
        guard zip(octets, "PROXY ".utf8).allSatisfy({ $0 == $1 }) else { return .invalid }
        guard let end = octets.prefix(107).firstIndex(of: 10) else {
            return octets.count >= 107 ? .invalid : .incomplete
        }
        guard end > 0, octets[end - 1] == 13 else { return .invalid }
        let words = String(decoding: octets[..<(end - 1)], as: UTF8.self).split(separator: " ")
        if words.count >= 2, words[1] == "UNKNOWN" { return .header(ProxyHeader(), length: end + 1) }
        guard words.count == 6, words[1] == "TCP4" || words[1] == "TCP6", let source = IPAddress(words[2]),
            let target = IPAddress(words[3]), let from = UInt16(words[4]), let to = UInt16(words[5]),
            source.isIPv4 == (words[1] == "TCP4"), target.isIPv4 == source.isIPv4
        else { return .invalid }
        return .header(
            ProxyHeader(client: Endpoint(address: source, port: from), server: Endpoint(address: target, port: to)),
            length: end + 1)
    }

    private static func readBinary(_ octets: [UInt8]) -> Outcome {
        guard zip(octets, signature).allSatisfy({ $0 == $1 }) else { return .invalid }
        guard octets.count >= 16 else { return .incomplete }
        let length = Int(octets[14]) << 8 | Int(octets[15])
        // The specification asks for no more than this; longer ones hold extensions that nobody sends.
        guard octets[12] >> 4 == 2, octets[12] & 15 <= 1, length <= 4_096 else { return .invalid }
        guard octets.count >= 16 + length else { return .incomplete }
        let content = octets[16..<16 + length]
        guard octets[12] & 15 == 1 else { return .header(ProxyHeader(), length: 16 + length) }
        switch octets[13] {
        case 0x11 where length >= 12: return .header(endpoints(content, 4), length: 16 + length)
        case 0x21 where length >= 36: return .header(endpoints(content, 16), length: 16 + length)
        default: return .header(ProxyHeader(), length: 16 + length)
        }
    }

    private static func endpoints(_ content: ArraySlice<UInt8>, _ width: Int) -> ProxyHeader {
        let octets = Array(content)
        func endpoint(_ place: Int, _ port: Int) -> Endpoint {
            Endpoint(
                address: IPAddress(octets: octets[place..<place + width]),
                port: UInt16(octets[port]) << 8 | UInt16(octets[port + 1]))
        }
        return ProxyHeader(client: endpoint(0, 2 * width), server: endpoint(width, 2 * width + 2))
    }
}
