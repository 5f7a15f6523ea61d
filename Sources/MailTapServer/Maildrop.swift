import Synchronization

/// A message in a maildrop.
public struct StoredMessage: Sendable, Equatable {
    /// Its number in the maildrop, never used twice.
    public var id: UInt64
    /// The reverse-path of its envelope.
    public var from: String
    /// The forward-paths of its envelope that were accepted.
    public var to: [String]
    /// Its octets as transferred, dot-stuffing undone.
    public var content: [UInt8]

    /// A message of a maildrop.
    public init(id: UInt64, from: String, to: [String], content: [UInt8]) {
        self.id = id
        self.from = from
        self.to = to
        self.content = content
    }

    /// Its unique-id (RFC 1939 section 7).
    public var uniqueID: String {
        let digits = String(id, radix: 16)
        return "mt" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}

/// A mail that an SMTP session took over, before it has its place in a maildrop.
public struct Delivery: Sendable, Equatable {
    /// The reverse-path, between the angle brackets.
    public var from: String
    /// The accepted forward-paths.
    public var to: [String]
    /// The octets of the message, dot-stuffing undone.
    public var content: [UInt8]

    /// A mail taken over.
    public init(from: String, to: [String], content: [UInt8]) {
        self.from = from
        self.to = to
        self.content = content
    }
}

/// Messages in memory: what SMTP sessions deliver, POP3 sessions serve.
///
/// May be used from any thread.
/// One maildrop serves every account, and one POP3 session at a time holds it (RFC 1939 section 4).
public final class Maildrop: Sendable {
    private struct State {
        var messages: [StoredMessage] = []
        var nextID: UInt64 = 1
        var isHeld = false
    }

    private let state = Mutex(State())

    /// An empty maildrop.
    public init() {}

    /// The messages in it, in the order of their delivery.
    public var messages: [StoredMessage] { state.withLock { $0.messages } }

    /// Puts a mail into the maildrop.
    public func deliver(_ delivery: Delivery) {
        state.withLock { state in
            state.messages.append(
                StoredMessage(id: state.nextID, from: delivery.from, to: delivery.to, content: delivery.content))
            state.nextID += 1
        }
    }

    /// Takes the exclusive-access lock and returns the messages; nil while another session holds it.
    public func hold() -> [StoredMessage]? {
        state.withLock { state in
            guard !state.isHeld else { return nil }
            state.isHeld = true
            return state.messages
        }
    }

    /// Removes the messages with these ids, as the UPDATE state does (RFC 1939 section 6).
    public func remove(_ ids: Set<UInt64>) {
        state.withLock { state in state.messages.removeAll { ids.contains($0.id) } }
    }

    /// Gives the exclusive-access lock back.
    public func release() {
        state.withLock { $0.isHeld = false }
    }

    /// Empties the maildrop.
    public func removeAll() {
        state.withLock { $0.messages = [] }
    }
}
