public import MailTapCore

/// Stands between a source of captured sessions and their sink: finds TLS in them, says what its handshake shows, and
/// gives the plaintext where the secrets are known (RFC 8446, RFC 5246, RFC 3207, RFC 2595, RFC 8314).
///
/// Without secrets the octets go on as they came. Where TLS goes on in plaintext, gaps and conflicts are told in the
/// plaintext's places. Used from one thread at a time.
public final class Decryptor: TraceSink {
    /// How long sessions without secrets are held back for them.
    public struct Patience: Sendable, Equatable {
        /// Octets of one session, and of all of them.
        public var octetsPerSession = 1 << 20, octetsInAll = 16 << 20
        /// Nanoseconds since the session's hello; 0 where no secrets can come later.
        public var time: Int64

        /// Waits for `time` nanoseconds.
        public init(time: Int64) { self.time = time }

        /// Everything that can be known is known.
        public static var none: Patience { Patience(time: 0) }
        /// Secrets follow soon: a key log that another program writes, a stream with secrets blocks.
        public static var brief: Patience { Patience(time: 3_000_000_000) }
    }

    let keys: KeyLog
    let patience: Patience
    private let downstream: any TraceSink
    private var waiting: [DecryptingSession] = []
    private var heldOctets = 0

    /// A decryptor without sessions.
    ///
    /// - Parameters:
    ///   - downstream: takes the sessions, each opened when its source opens it.
    ///   - keys: what is known; may grow, see `keysChanged()`.
    ///   - patience: how long to wait for secrets.
    public init(into downstream: any TraceSink, keys: KeyLog, patience: Patience = .none) {
        self.downstream = downstream
        self.keys = keys
        self.patience = patience
    }

    /// Begins a session.
    public func open(_ info: SessionInfo) -> any SessionSink {
        if !waiting.isEmpty { advance(to: info.started) }
        return DecryptingSession(info, downstream: downstream.open(info), decryptor: self)
    }

    /// The key log has more secrets than before: sessions that wait may be decrypted now.
    public func keysChanged() {
        for session in waiting { session.retry() }
    }

    /// Time passed without octets (live): gives up on those that waited long enough.
    public func advance(to time: Timestamp) {
        while let first = waiting.first, time.since(first.heldSince) > patience.time { first.settle() }
    }

    /// No secrets will come any more: what waits goes on as it came.
    public func finish() {
        while let first = waiting.first { first.settle() }
    }

    /// The session waits for secrets; called again as it grows.
    func wait(_ session: DecryptingSession, octets: Int) {
        heldOctets += octets
        if !waiting.contains(where: { $0 === session }) { waiting.append(session) }
        while heldOctets > patience.octetsInAll, let first = waiting.first { first.settle() }
    }

    /// The session waits no more.
    func release(_ session: DecryptingSession, octets: Int) {
        guard let place = waiting.firstIndex(where: { $0 === session }) else { return }
        waiting.remove(at: place)
        heldOctets -= octets
    }
}
