/// What the client's next octets are (RFC 1939 section 3, RFC 5034 section 4).
enum POP3ClientState: Sendable, Hashable {
    /// Command lines.
    case commands
    /// Not known before the response to AUTH or STLS.
    case awaitingAUTH, awaitingSTLS
    /// The response to AUTH was lost: what stands there decides.
    case aloneAUTH
    /// The answer to a SASL challenge.
    case sasl
    /// Behind the go-ahead for TLS: ciphertext, or clear text that goes on.
    case goAhead
    /// Ciphertext.
    case tls
    /// The rest of a line over the limit.
    case skipping(secret: Bool)
}

/// What the server's next octets are.
enum POP3ServerState: Sendable, Hashable {
    /// A status line.
    case status
    /// Lines of a multi-line response, up to its dot line.
    case listing(exchange: UInt32)
    /// A message, up to its dot line.
    case content
    /// What may be a message that ended with odd line ends: what follows decides.
    case afterCandidate(length: Int)
    /// Behind its go-ahead for TLS.
    case goAhead
    /// Ciphertext.
    case tls
    /// The rest of a status or listing line over the limit.
    indirect case skipping(then: POP3ServerState)
}
