import MailTapCore

/// What a handshake shows of a connection, with keys or without.
struct HandshakeFacts: Sendable, Equatable {
    /// The newest ClientHello.
    var client: ClientHello?
    /// The ServerHello that decided; none while only a retry was asked for.
    var server: ServerHello?
    /// The application protocol that the server chose.
    var applicationProtocol: String?
    /// Names in the server's certificate: its subject alternative names, or the common name.
    var certificateNames: [String] = []

    /// The facts as a mark holds them.
    var leg: TLSMark.Leg {
        TLSMark.Leg(
            version: server?.version.name, cipher: server?.suite.name, sni: client?.serverName,
            alpn: applicationProtocol ?? server?.applicationProtocol, certificateNames: certificateNames)
    }
}
