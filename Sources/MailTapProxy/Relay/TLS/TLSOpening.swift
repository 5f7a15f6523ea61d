/// How a leg's TLS is to begin: what the I/O layer is told.
struct TLSOpening: Sendable, Equatable {
    /// The server's name that the client asked for; nil: none, or the client was not heard yet.
    var serverName: String?
    /// What the client offers of application protocols (RFC 7301).
    var applicationProtocols: [String] = []
    /// What the peer has already sent of TLS.
    var octets: [UInt8] = []
}
