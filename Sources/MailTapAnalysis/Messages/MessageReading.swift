import Crypto
import MailTapCore
import Synchronization

/// A message on its way, which any thread may read: its octets wait in pieces, and are read in their order.
///
/// One thread adds pieces. Whoever calls `run` reads what has come by then; `finish` reads the rest.
public final class MessageReading: Sendable {
    private struct Waiting: Sendable {
        var pieces: [[UInt8]] = []
        /// Whether nothing follows them.
        var isOver = false
    }

    private struct Progress {
        /// Let go as soon as the message is read: it holds more than what it found.
        var scanner: MessageScanner?
        var read: (sum: ContentSum, content: KnownContent)?
    }

    private let waiting = Mutex(Waiting())
    private let progress: Mutex<Progress>

    init(digestsParts: Bool, decodesFields: Bool = true, sum: ContentSum.Taker = .digest(SHA256())) {
        progress = Mutex(
            Progress(scanner: MessageScanner(digestsParts: digestsParts, decodesFields: decodesFields, sum: sum)))
    }

    /// Adds the next octets of the message.
    func add(_ piece: [UInt8]) { waiting.withLock { $0.pieces.append(piece) } }

    /// Nothing follows.
    func close() { waiting.withLock { $0.isOver = true } }

    /// Reads the next octets of the message at once, where none wait.
    func read(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { octets in progress.withLock { $0.scanner?.receive(octets.bytes) } }
    }

    /// Reads what waits.
    public func run() { progress.withLock { read(into: &$0) } }

    /// Reads what waits, the message being over: what it was.
    func finish() -> (sum: ContentSum, content: KnownContent) {
        close()
        return progress.withLock { progress in
            read(into: &progress)
            return progress.read.take() ?? (.none, .nothing)
        }
    }

    /// Only under the lock of `progress`, or pieces could change places.
    private func read(into progress: inout Progress) {
        while true {
            let (pieces, isOver) = waiting.withLock { waiting in
                defer { waiting.pieces = [] }
                return (waiting.pieces, waiting.isOver)
            }
            for piece in pieces { progress.scanner?.receive(piece.span.bytes) }
            guard pieces.isEmpty else { continue }
            if isOver, let (_, sum, content) = progress.scanner?.finish() {
                progress.scanner = nil
                progress.read = (sum, KnownContent(content))
            }
            return
        }
    }
}

/// Where the octets of a message go: to be read as they come, or in pieces by somebody else.
struct MessageIntake {
    let reading: MessageReading
    private var piece: [UInt8] = []
    /// Octets that were read as they came.
    private var read = 0

    init(_ options: borrowing SessionOptions, _ kind: ContentKind) {
        reading = MessageReading(
            digestsParts: options.digestsParts, decodesFields: options.decodesFields,
            sum: options.digestsMessages ? .digest(SHA256()) : kind.isSubmitted ? .fingerprint(.init()) : .none)
    }

    mutating func receive(_ bytes: RawSpan, _ options: SessionOptions) {
        guard let handOver = options.readsElsewhere, read >= options.readsAtOnce else {
            read += bytes.byteCount
            return reading.read(bytes)
        }
        bytes.withUnsafeBytes { piece.append(contentsOf: $0) }
        if piece.count >= options.pieceSize { pass(to: handOver) }
    }

    /// The message is over.
    mutating func finish(_ options: SessionOptions) {
        guard let handOver = options.readsElsewhere, !piece.isEmpty else { return reading.close() }
        pass(to: handOver, isLast: true)
    }

    private mutating func pass(to handOver: @Sendable (MessageReading, Int) -> Void, isLast: Bool = false) {
        var full: [UInt8] = []
        swap(&full, &piece)
        let count = full.count
        reading.add(full)
        if isLast { reading.close() }
        handOver(reading, count)
    }
}
