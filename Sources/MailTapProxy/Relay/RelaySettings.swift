import MailTapCore

/// What a relay is told when it begins.
struct RelaySettings: Sendable {
    /// The route's server, for the words to a client when it can't be reached.
    var server: MailURL
    /// Whether its scheme is a guess, so that what is said alone tells the protocol.
    var isGuess = false
    /// What is done about TLS.
    var tls = TLSPlan.pass
    /// Whether the client's hello is waited for before the server's handshake, since only it names the server.
    var asksClientFirst = false
    /// Whether a client is told in its protocol that the server can't be reached; else its connection just ends.
    var tellsClient = true
    /// Nanoseconds of silence on both sides after which the session is ended; nil: never.
    var idleTimeout: Int64?
    /// Nanoseconds that a client has to close after it was told that the server can't be reached.
    var farewell: Int64 = 5_000_000_000

    /// The protocol to expect until the server speaks; nil: none.
    var expecting: MailProtocol? { isGuess ? nil : server.scheme.proto }
}
