public import MailTapCore

/// A mail session as views show it: what its JSON says, as values.
public struct Session: Sendable, Equatable {
    /// Number as `list` shows it, from 1, by the first payload octet.
    public var number = 0
    /// What was known when it opened.
    public var info: SessionInfo
    /// Nanoseconds from the start to the last thing that happened.
    public var duration: Int64 = 0
    /// Why it stopped.
    public var ending: Ending = .open
    /// What carried it inside another protocol, the outermost first; empty nearly always.
    ///
    /// A client that a PROXY protocol header names stands in `info.client`, and the peer that connected here.
    public var tunnels: [SessionTunnel] = []
    /// Where TLS began and with what; nil for none.
    public var tls: TLSMark?
    /// What is wrong with it, in the order of the dialogue.
    public var findings: [Finding] = []
    /// What it did, in one sentence, and its figures; nil where rules were not applied.
    public var overview: SessionOverview?
    /// What went wrong around it (connection refused, recording cut).
    public var troubles: [Trouble] = []

    // What changes with every piece of the stream stands together: thousands of sessions take turns.

    /// The protocol, nil for `unknown`.
    public var proto: MailProtocol?
    /// Octets seen of each side.
    public var clientBytes: UInt64 = 0, serverBytes: UInt64 = 0
    /// Octets known to be lost of each side.
    public var clientMissing: UInt64 = 0, serverMissing: UInt64 = 0
    /// Commands with their replies, in the order of the commands; the greeting first.
    public var exchanges: [Exchange] = []
    /// Messages transferred, in order.
    public var messages: [Message] = []

    /// A session in which nothing was said yet.
    public init(info: SessionInfo) { self.info = info }
}
