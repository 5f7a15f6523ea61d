/// How TLS begins on one leg.
public enum LegTLS: String, Sendable, Hashable, CaseIterable {
    /// Never.
    case none
    /// After STARTTLS (RFC 3207) or STLS (RFC 2595).
    case starttls
    /// With the first octet (RFC 8314).
    case implicit
}

/// What a session's relay does about TLS.
enum TLSPlan: Sendable, Equatable {
    /// Ciphertext is relayed as it is.
    case pass
    /// Both legs do what client and server agree on; `implicit`: TLS is expected with the first octet.
    case follow(implicit: Bool)
    /// Each leg has its own way, whatever the other does.
    case each(client: LegTLS, server: LegTLS)

    /// What becomes of `--client-tls` and `--server-tls` (nil: the same as the other leg) on a route.
    init(client: LegTLS?, server: LegTLS?, isImplicit: Bool) {
        // Without a word of its own, the leg to the server is as the route's scheme says.
        let server = server ?? (isImplicit ? .implicit : client)
        switch (client ?? server, server) {
        case (nil, nil), (.starttls, .starttls): self = .follow(implicit: false)
        case (.implicit, .implicit): self = .follow(implicit: true)
        case (let client?, let server?): self = .each(client: client, server: server)
        case (let client?, nil): self = .each(client: client, server: client)
        case (nil, let server?): self = .each(client: server, server: server)
        }
    }
}
