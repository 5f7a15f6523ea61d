/// The messages of HTTP/1 that open a tunnel (RFC 9110 section 9.3.6, RFC 9112).
enum HTTPConnect {
    /// Octets of a header section at most.
    private static let longestHead = 16_384
    /// Octets of a refusal's body that are passed over at most.
    private static let longestBody = 65_536

    /// A request: `CONNECT host:port HTTP/1.1` and its header section.
    static func request(_ bytes: RawSpan) -> PreambleMessage { head(bytes, [UInt8]("CONNECT ".utf8)) }

    /// A response's status line and header section.
    static func response(_ bytes: RawSpan) -> PreambleMessage { head(bytes, [UInt8]("HTTP/1.".utf8)) }

    /// Whether a response opens the tunnel.
    static func opens(_ response: RawSpan) -> Bool { response.byteCount > 9 && response[octet: 9] == UInt8(ascii: "2") }

    /// A refusal with its body, behind which the client may ask again; `head` octets are its header section.
    static func refusal(_ bytes: RawSpan, head: Int) -> PreambleMessage {
        if let value = value(of: "content-length", in: bytes, head: head) {
            guard let length = Int(bytes.text(value)), length >= 0, length <= longestBody else { return .none }
            return PreambleMessage(length: head + length, of: bytes.byteCount)
        }
        guard value(of: "transfer-encoding", in: bytes, head: head) != nil else { return .none }
        // The last chunk: "0" on a line of its own, and an empty line.
        for end in head..<bytes.byteCount {
            if bytes.extracting(end...).begins(with: [48, 13, 10, 13, 10]) == true, bytes[octet: end - 1] == 10 {
                return .whole(end + 5)
            }
        }
        return bytes.byteCount < longestBody ? .partial : .none
    }

    /// Where the credentials stand in a whole request, without the word that names their scheme.
    static func credentials(in request: RawSpan) -> Range<Int>? {
        guard let value = value(of: "proxy-authorization", in: request, head: request.byteCount) else { return nil }
        let scheme = value.first { request[octet: $0] == 32 }
        return (scheme.map { $0 + 1 } ?? value.lowerBound)..<value.upperBound
    }

    /// Where a whole request asks to be connected to.
    static func target(of request: RawSpan) -> Endpoint? {
        guard request.byteCount > 8, let end = request.firstIndex(of: 32, from: 8) else { return nil }
        guard let (host, port) = try? HostAndPort.split(request.text(8..<end)) else { return nil }
        return Endpoint(host: host, port: port ?? 0)
    }

    private static func head(_ bytes: RawSpan, _ word: [UInt8]) -> PreambleMessage {
        switch bytes.begins(with: word) {
        case nil: return .partial
        case false?: return .none
        case true?: break
        }
        var start = 0
        while let end = bytes.firstIndex(of: 10, from: start), end < longestHead {
            if start > 0, end == start || (end == start + 1 && bytes[octet: start] == 13) { return .whole(end + 1) }
            start = end + 1
        }
        return bytes.byteCount < longestHead ? .partial : .none
    }

    /// The value of a header field, without the blanks around it; `name` is in lower case.
    private static func value(of name: String, in bytes: RawSpan, head: Int) -> Range<Int>? {
        var start = 0
        while let end = bytes.firstIndex(of: 10, from: start), end < head {
            let colon = start + name.utf8.count
            if colon < end, bytes[octet: colon] == UInt8(ascii: ":"), bytes.text(start..<colon).lowercased() == name {
                var value = colon + 1..<end
                while let first = value.first, bytes[octet: first] <= 32 { value = first + 1..<end }
                while let last = value.last, bytes[octet: last] <= 32 { value = value.lowerBound..<last }
                return value
            }
            start = end + 1
        }
        return nil
    }
}
