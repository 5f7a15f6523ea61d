public import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Keeps captured packets as pcapng, with the TLS secrets that they need before them.
///
/// A key log's lines come a moment after the packets that they are for, and readers want them before; so packets wait
/// for `delay` before they are written.
public final class LiveSavefile {
    private struct Waiting {
        var time: Timestamp
        var length: Int
        var octets: [UInt8]
    }

    /// Nanoseconds for which packets wait for secrets.
    private static let delay: Int64 = 500_000_000
    /// Octets that may wait.
    private static let capacity = 32 << 20

    private let path: String
    private let waitsForSecrets: Bool
    private var descriptor: Int32
    private var writer = PcapNGWriter()
    private var waiting: [Waiting] = []
    private var waitingOctets = 0
    /// Why writing ended before its time; nil while it goes on.
    public private(set) var failure: RecordingError?

    /// Makes the file with mode 0600; one that exists is refused.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - capture: whose packets it will hold.
    ///   - version: MailTap's version, for the section header.
    ///   - options: how packets are captured.
    ///   - waitsForSecrets: whether secrets will come.
    public init(
        path: String, of capture: LiveCapture, version: String, options: LiveOptions, waitsForSecrets: Bool
    ) throws(RecordingError) {
        self.path = path
        self.waitsForSecrets = waitsForSecrets
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason =
                errno == EEXIST ? "it exists already, and is not overwritten" : String(cString: strerror(errno))
            throw RecordingError(code: .unusablePath, path: path, reason: reason)
        }
        writer.beginCapture(
            application: "mailtap \(version)", interface: capture.interface, link: capture.linkNumber,
            snapshotLength: options.snapshotLength, filter: options.filter)
        flush()
    }

    deinit { close() }

    /// Lines of a key log; stand before all packets that wait.
    public func add(keyLog lines: [UInt8]) {
        writer.secrets(lines)
        flush()
    }

    /// Writes what has waited long enough.
    public func advance(to time: Timestamp) {
        let due = waiting.prefix { time.since($0.time) > Self.delay }.count
        write(due)
    }

    /// Writes everything and closes the file.
    public func close() {
        write(waiting.count)
        guard descriptor >= 0 else { return }
        closeDescriptor(descriptor)
        descriptor = -1
    }

    func add(_ record: PacketRecord, _ bytes: RawSpan) {
        guard failure == nil else { return }
        waiting.append(Waiting(time: record.time, length: record.wireLength, octets: [UInt8](copying: bytes)))
        waitingOctets += bytes.byteCount
        if !waitsForSecrets || waitingOctets > Self.capacity { write(waiting.count) }
    }

    private func write(_ count: Int) {
        guard count > 0 else { return }
        for packet in waiting.prefix(count) {
            writer.capturedPacket(at: packet.time, packet.octets, length: packet.length)
            waitingOctets -= packet.octets.count
            if writer.bytes.count > 1 << 18 { flush() }
        }
        waiting.removeFirst(count)
        flush()
    }

    private func flush() {
        defer { writer.removeAll() }
        var written = 0
        while failure == nil, descriptor >= 0, written < writer.bytes.count {
            let descriptor = descriptor
            let count = writer.bytes.withUnsafeBytes { buffer -> Int in
                // `written` is below the count, so the base exists and the rest is not empty.
                guard let base = buffer.baseAddress else { return 0 }
                #if canImport(Glibc)
                    return Glibc.write(descriptor, base + written, buffer.count - written)
                #elseif canImport(Musl)
                    return Musl.write(descriptor, base + written, buffer.count - written)
                #else
                    return Darwin.write(descriptor, base + written, buffer.count - written)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                failure = RecordingError(
                    code: .writeFailed, path: path, reason: String(cString: strerror(errno)))
                return
            }
            written += count
        }
    }
}
