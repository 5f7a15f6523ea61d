import MailTapCore
import Synchronization

/// A message on its way, which any thread may read: its octets wait in pieces, and are read in their order.
///
/// One thread adds pieces. Whoever calls `run` reads what has come by then; `finish` reads the rest.
public final class MessageReading: Sendable {
    private let pieces = Mutex<[[UInt8]]>([])
    private let scanner: Mutex<MessageScanner?>

    init(digestsParts: Bool) { scanner = Mutex(MessageScanner(digestsParts: digestsParts)) }

    /// Adds the next octets of the message.
    func add(_ piece: [UInt8]) { pieces.withLock { $0.append(piece) } }

    /// Reads the next octets of the message at once, where none wait.
    func read(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { octets in scanner.withLock { $0?.receive(octets.bytes) } }
    }

    /// Reads what waits.
    public func run() { scanner.withLock { read(into: &$0) } }

    /// Reads what waits, the message being over: what it was.
    func finish() -> (sha256: String, content: MessageContent) {
        scanner.withLock { scanner in
            read(into: &scanner)
            guard let whole = scanner.take() else { return ("", MessageContent()) }
            let read = whole.finish()
            return (read.sha256, read.content)
        }
    }

    /// Only under the scanner's lock, or pieces could change places.
    private func read(into scanner: inout MessageScanner?) {
        while true {
            let waiting = pieces.withLock { pieces in
                defer { pieces = [] }
                return pieces
            }
            guard !waiting.isEmpty else { return }
            for piece in waiting { scanner?.receive(piece.span.bytes) }
        }
    }
}

/// Where the octets of a message go: to be read as they come, or in pieces by somebody else.
struct MessageIntake {
    /// A piece that is worth handing over.
    private static let pieceSize = 65_536
    /// Octets of messages that an open session keeps unread.
    private static let mostWaiting = 16_384

    let reading: MessageReading
    private var piece: [UInt8] = []

    init(_ options: SessionOptions) { reading = MessageReading(digestsParts: options.digestsParts) }

    mutating func receive(_ bytes: RawSpan, _ options: SessionOptions) {
        guard let handOver = options.readsElsewhere else { return reading.read(bytes) }
        bytes.withUnsafeBytes { piece.append(contentsOf: $0) }
        if piece.count >= Self.pieceSize { pass(to: handOver) }
    }

    /// The message is over; what is left of it is read with its session where that is little.
    ///
    /// - Parameter waiting: octets of the session's messages that wait for its end.
    mutating func finish(_ options: SessionOptions, waiting: inout Int) {
        guard let handOver = options.readsElsewhere, !piece.isEmpty else { return }
        if waiting + piece.count > Self.mostWaiting { return pass(to: handOver) }
        waiting += piece.count
        reading.add(piece)
        piece = []
    }

    private mutating func pass(to handOver: @Sendable (MessageReading, Int) -> Void) {
        var full: [UInt8] = []
        swap(&full, &piece)
        let count = full.count
        reading.add(full)
        handOver(reading, count)
    }
}
