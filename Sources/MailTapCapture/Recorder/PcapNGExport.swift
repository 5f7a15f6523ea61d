public import MailTapCore

/// The `pcapng` export: chosen sessions as a recording made for Wireshark and tshark to decode throughout.
///
/// Unless it keeps the ports, it differs from a recording in them: the plaintext of a session whose TLS began with the first octet is written
/// on the port of the protocol without TLS. For other ports that a reader does not know, `readerOptions` holds the
/// options that make tshark decode them.
public struct PcapNGExport {
    private var writer = PcapNGWriter()
    private var sessionCount: UInt32 = 0
    private let reveals: Bool
    private let keepsPorts: Bool
    /// `-d` options for tshark, each once, in the order in which sessions needed them.
    public private(set) var readerOptions: [String] = []

    /// An export without sessions.
    ///
    /// - Parameters:
    ///   - version: MailTap's version, for the section header.
    ///   - reveal: whether credentials that the input still has are written (`--reveal`).
    ///   - keepsPorts: whether every session stays on its port, as in a recording.
    public init(version: String, reveal: Bool = false, keepsPorts: Bool = false) {
        reveals = reveal
        self.keepsPorts = keepsPorts
        writer.beginSection(application: "mailtap \(version)")
    }

    /// Adds a session.
    ///
    /// - Parameters:
    ///   - trace: its record.
    ///   - proto: what it turned out to be; nil for unknown.
    ///   - notes: comments for its packets, one line each: findings.
    public mutating func add(_ trace: Trace, proto: MailProtocol?, notes: [PacketNote] = []) {
        sessionCount &+= 1
        var ends = ConversationEnds(trace.info, number: sessionCount)
        let isPlaintext = trace.entries.contains { entry in
            if case .mark(.tls(let tls)) = entry.entry { tls.isDecrypted } else { false }
        }
        let registered = MailProtocol.registered(on: ends.server.port)
        if !keepsPorts, isPlaintext, let registered, registered.tls {
            ends.server.port = Self.plainPort(registered.proto)
        }
        addReaderOption(proto ?? trace.info.expecting, port: ends.server.port)
        let session = ExportSession(
            SessionPacketizer(trace.info, number: sessionCount, ends: ends, notes: notes, into: &writer), writer)
        let sink = PreparedSink(
            reveals
                ? session
                : MaskingSession(finder: Dialogue(trace.info), downstream: session))
        // The session works on the only copy of what was built so far.
        writer = PcapNGWriter()
        trace.play(into: sink)
        writer = session.takeWriter()
    }

    /// Whole blocks that were built since the last call; the first ones begin the file.
    public mutating func take() -> [UInt8] {
        defer { writer = PcapNGWriter() }
        return writer.bytes
    }

    private static func plainPort(_ proto: MailProtocol) -> UInt16 {
        switch proto {
        case .smtp: 25
        case .pop3: 110
        case .imap: 143
        }
    }

    private mutating func addReaderOption(_ proto: MailProtocol?, port: UInt16) {
        let known: [UInt16]
        let dissector: String
        switch proto {
        case .smtp: (known, dissector) = ([25, 587], "smtp")
        case .pop3: (known, dissector) = ([110], "pop")
        case .imap: (known, dissector) = ([143], "imap")
        case nil: return
        }
        let option = "-d tcp.port==\(port),\(dissector)"
        guard !known.contains(port), !readerOptions.contains(option) else { return }
        readerOptions.append(option)
    }
}

/// Hands out a session that was prepared before.
private final class PreparedSink: TraceSink {
    private let session: any SessionSink
    init(_ session: any SessionSink) { self.session = session }
    func open(_ info: SessionInfo) -> any SessionSink { session }
}

/// One session of an export, as packets.
private final class ExportSession: SessionSink {
    private var packetizer: SessionPacketizer
    private var writer: PcapNGWriter

    init(_ packetizer: SessionPacketizer, _ writer: PcapNGWriter) {
        self.packetizer = packetizer
        self.writer = writer
    }

    func takeWriter() -> PcapNGWriter { writer }

    func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
        packetizer.receive(bytes, from: side, at: time, into: &writer)
    }

    func mark(_ mark: Mark, at time: Timestamp) { packetizer.mark(mark, at: time, into: &writer) }

    func end(at time: Timestamp) { packetizer.end(at: time, into: &writer) }
}
