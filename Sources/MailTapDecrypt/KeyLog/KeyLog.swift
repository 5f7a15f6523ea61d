/// The secrets that are known: of key log files, of Decryption Secrets Blocks, of a file that still grows.
///
/// Tolerant: lines that are none are passed over. Used from one thread at a time.
public final class KeyLog {
    /// Connections whose secrets are kept; beyond, further ones are passed over and `isFull` says so.
    private static let mostConnections = 1_000_000
    /// Octets of a line whose end is still to come.
    private static let longestLine = 4_096

    /// What is known, to be handed to another thread.
    public struct Snapshot: Sendable {
        fileprivate var secrets: [[UInt8]: SessionSecrets]
    }

    private var secrets: [[UInt8]: SessionSecrets] = [:]
    /// A line without its end, by the name of what it comes from.
    private var rest: [UInt8] = []
    /// Whether secrets were passed over because there are too many.
    public private(set) var isFull = false
    /// Looks for secrets that stand further on in the input; called once, when the first ones are missing.
    public var lookAhead: (() -> Void)?

    /// A key log without secrets.
    public init() {}

    /// A key log that begins with what another one knew.
    public init(_ known: Snapshot) { secrets = known.secrets }

    /// What is known now.
    public var snapshot: Snapshot { Snapshot(secrets: secrets) }

    /// Takes what another key log knows that began with what this one knew.
    public func replace(by known: Snapshot) { secrets = known.secrets }

    /// Whether no secret is known.
    public var isEmpty: Bool { secrets.isEmpty }

    /// Number of connections of which secrets are known.
    public var count: Int { secrets.count }

    /// Takes a whole piece of key log text, such as a file or a secrets block.
    public func add(_ text: some Sequence<UInt8>) {
        append(text)
        endOfText()
    }

    /// Takes octets of a key log that grows; a line counts once its end has come.
    public func append(_ text: some Sequence<UInt8>) {
        for octet in text {
            if octet == 10 {
                learn(rest)
                rest.removeAll(keepingCapacity: true)
            } else if rest.count <= Self.longestLine {
                rest.append(octet)
            }
        }
    }

    /// The text ends here, so that its last line is whole without a line end.
    public func endOfText() {
        learn(rest)
        rest.removeAll()
    }

    private func learn(_ line: [UInt8]) {
        guard line.count <= Self.longestLine, let parsed = KeyLogLine(line) else { return }
        guard secrets[parsed.clientRandom] != nil || secrets.count < Self.mostConnections else {
            isFull = true
            return
        }
        secrets[parsed.clientRandom, default: SessionSecrets()].learn(parsed.label, parsed.secret)
    }

    /// What is known of the connection whose ClientHello held this random.
    func secrets(for clientRandom: [UInt8]) -> SessionSecrets? {
        if let found = secrets[clientRandom] { return found }
        guard let lookAhead else { return nil }
        self.lookAhead = nil
        lookAhead()
        return secrets[clientRandom]
    }
}
