/// The messages of SOCKS versions 4, 4A and 5 (RFC 1928, RFC 1929) that open a TCP connection.
enum SOCKS {
    /// Octets of a user id or host name of version 4 at most; the protocol itself sets no bound.
    private static let longestText = 512

    // MARK: Version 5

    /// The client's offer of methods: version, number, methods.
    static func offer(_ bytes: RawSpan) -> PreambleMessage {
        guard bytes.byteCount > 0 else { return .partial }
        guard bytes[octet: 0] == 5 else { return .none }
        guard bytes.byteCount > 1 else { return .partial }
        let count = Int(bytes[octet: 1])
        return count > 0 ? PreambleMessage(length: 2 + count, of: bytes.byteCount) : .none
    }

    /// The server's choice of a method: version, method.
    static func choice(_ bytes: RawSpan) -> PreambleMessage {
        guard bytes.byteCount > 0 else { return .partial }
        return bytes[octet: 0] == 5 ? PreambleMessage(length: 2, of: bytes.byteCount) : .none
    }

    /// User name and password (RFC 1929 section 2): version 1, each with its length.
    static func login(_ bytes: RawSpan) -> PreambleMessage {
        guard bytes.byteCount > 0 else { return .partial }
        guard bytes[octet: 0] == 1 else { return .none }
        guard bytes.byteCount > 1 else { return .partial }
        let length = 2 + Int(bytes[octet: 1])
        guard bytes.byteCount > length else { return .partial }
        return PreambleMessage(length: length + 1 + Int(bytes[octet: length]), of: bytes.byteCount)
    }

    /// Where the password stands in a whole login message.
    static func password(in login: RawSpan) -> Range<Int> {
        let length = 2 + Int(login[octet: 1])
        return length + 1..<length + 1 + Int(login[octet: length])
    }

    /// The server's verdict on a login: version, status, 0 for success.
    static func verdict(_ bytes: RawSpan) -> PreambleMessage {
        guard bytes.byteCount > 0 else { return .partial }
        return bytes[octet: 0] == 1 ? PreambleMessage(length: 2, of: bytes.byteCount) : .none
    }

    /// A request or its reply, which are of one form: version, command or status, 0, address, port.
    static func request5(_ bytes: RawSpan) -> PreambleMessage {
        guard bytes.byteCount > 0 else { return .partial }
        guard bytes[octet: 0] == 5 else { return .none }
        guard bytes.byteCount > 4 else { return .partial }
        switch bytes[octet: 3] {
        case 1: return PreambleMessage(length: 10, of: bytes.byteCount)
        case 3: return PreambleMessage(length: 7 + Int(bytes[octet: 4]), of: bytes.byteCount)
        case 4: return PreambleMessage(length: 22, of: bytes.byteCount)
        default: return .none
        }
    }

    /// Where a whole request of version 5 asks to be connected to.
    static func target5(of request: RawSpan) -> Endpoint? {
        guard case .whole(let length) = request5(request) else { return nil }
        let port = request.port(at: length - 2)
        switch request[octet: 3] {
        case 1: return Endpoint(address: request.address4(at: 4), port: port)
        case 4: return Endpoint(address: request.address6(at: 4), port: port)
        default: return Endpoint(host: request.text(5..<length - 2), port: port)
        }
    }

    // MARK: Version 4

    /// A request to connect: version, command 1, port, address, user id; version 4A's host name behind an address of
    /// the form 0.0.0.x.
    static func request4(_ bytes: RawSpan) -> PreambleMessage {
        switch bytes.begins(with: [4, 1]) {
        case nil: return .partial
        case false?: return .none
        case true?: break
        }
        guard bytes.byteCount > 8 else { return .partial }
        guard let user = bytes.firstIndex(of: 0, from: 8) else {
            return bytes.byteCount < 8 + longestText ? .partial : .none
        }
        guard namesHost(bytes) else { return .whole(user + 1) }
        guard let host = bytes.firstIndex(of: 0, from: user + 1) else {
            return bytes.byteCount < user + longestText ? .partial : .none
        }
        return .whole(host + 1)
    }

    /// Whether a request of version 4 has a host name in place of an address.
    static func namesHost(_ request: RawSpan) -> Bool {
        let address = request.address4(at: 4).low
        return address > 0 && address < 256
    }

    /// The reply: 0, status (90 for success), port and address.
    static func reply4(_ bytes: RawSpan) -> PreambleMessage {
        switch bytes.begins(with: [0]) {
        case nil: return .partial
        case false?: return .none
        case true?: break
        }
        guard bytes.byteCount > 1 else { return .partial }
        return (90...93).contains(bytes[octet: 1]) ? PreambleMessage(length: 8, of: bytes.byteCount) : .none
    }

    /// Where a whole request of version 4 asks to be connected to.
    static func target4(of request: RawSpan) -> Endpoint? {
        guard case .whole(let length) = request4(request) else { return nil }
        let port = request.port(at: 2)
        guard namesHost(request) else { return Endpoint(address: request.address4(at: 4), port: port) }
        guard let user = request.firstIndex(of: 0, from: 8) else { return nil }
        return Endpoint(host: request.text(user + 1..<length - 1), port: port)
    }
}
