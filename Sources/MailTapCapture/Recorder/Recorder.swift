public import MailTapCore

/// Writes sessions into a recording (`docs/recordings.md`): masks, makes packets, appends.
///
/// Used from one thread at a time, which also does the writing. Blocks are gathered and appended when they come to
/// `batchSize`; the owner calls `flush()` at least every 250 ms, so that a `kill -9` finds what ended before on disk.
/// It never drops octets while it can write: a slow disk makes the calls slow, and the owner's bounded queue pauses
/// reads. When writing fails, the recording ends: `onFailure` is called once, and everything after is discarded.
public final class Recorder: TraceSink {
    /// What existing recordings must name as their writer.
    private static let application = "mailtap"
    static func application(_ version: String) -> String { "\(application) \(version)" }
    /// Octets of blocks that are gathered before they are written.
    private static let batchSize = 256 * 1024
    /// Octets that must be free before the recording goes on after a failure, lest it fail at once again.
    private static let neededRoom = 16 << 20

    private let store: any BlockStore
    let path: String
    private let keepsSecrets: Bool
    private let limits: Limits
    private let onFailure: (RecordingError) -> Void
    private var writer = PcapNGWriter()
    private var sessionCount: UInt32 = 0
    /// Sessions that are not over.
    private var open: [UInt32: PacketSession] = [:]
    /// Sessions whose last packets are not on disk yet.
    private var ending: [PacketSession] = []
    /// Why the recording ended before its time; nil while it goes on.
    public private(set) var failure: RecordingError?

    /// Opens the recording at `path`: a new file with mode 0600, or a new section at the end of an existing recording.
    ///
    /// Any other existing file is refused, as is a recording that is being written.
    ///
    /// - Parameters:
    ///   - path: the recording's file.
    ///   - version: MailTap's version, for the section header.
    ///   - keepSecrets: whether credentials are written as they are (`--keep-secrets`).
    ///   - limits: bounds of the decoding that finds the credentials.
    ///   - onFailure: called once, on the thread of the call that met it, when writing fails.
    /// - Throws: `RecordingError` when there can be no recording.
    public convenience init(
        path: String, version: String, keepSecrets: Bool = false, limits: Limits = Limits(),
        onFailure: @escaping (RecordingError) -> Void
    ) throws(RecordingError) {
        var header = PcapNGWriter()
        header.beginSection(application: Self.application(version))
        let file = try RecordingFile(path: path, header: header.bytes, application: Self.application)
        do {
            try file.append(header.bytes)
        } catch {
            file.withdraw(min(error.written, header.bytes.count))
            throw RecordingError(code: .writeFailed, path: path, reason: error.reason)
        }
        self.init(store: file, path: path, keepSecrets: keepSecrets, limits: limits, onFailure: onFailure)
        // A session that is recorded again must not look like a retransmission of itself: numbers go on.
        let before = file.size - header.bytes.count
        if before > 0 { sessionCount = UInt32(truncatingIfNeeded: before) }
    }

    /// A recorder that writes into `store`, whose section has begun.
    init(
        store: any BlockStore, path: String, keepSecrets: Bool = false, limits: Limits = Limits(),
        onFailure: @escaping (RecordingError) -> Void
    ) {
        self.store = store
        self.path = path
        keepsSecrets = keepSecrets
        self.limits = limits
        self.onFailure = onFailure
    }

    /// Sessions that were begun so far.
    var sessionTotal: UInt32 { sessionCount }
    /// Whether no session is open.
    var isIdle: Bool { open.isEmpty }
    /// Octets of the recording, with those that wait.
    var size: Int { store.size + writer.bytes.count }
    /// Whether the file still stands at its path.
    var isInPlace: Bool { store.isInPlace }

    /// Octets of blocks that wait for `flush()`.
    public var backlog: Int { writer.bytes.count }

    /// Begins a session; its packets follow as it goes on.
    public func open(_ info: SessionInfo) -> any SessionSink {
        sessionCount &+= 1
        let session = PacketSession(info, number: sessionCount, recorder: self)
        guard failure == nil else { return session }
        open[sessionCount] = session
        session.begin()
        guard !keepsSecrets else { return session }
        return MaskingSession(finder: Dialogue(info, limits: limits), downstream: session)
    }

    /// Appends what was gathered; cheap when nothing was.
    public func flush() {
        guard failure == nil, !writer.bytes.isEmpty else { return }
        do {
            try store.append(writer.bytes)
            writer.removeAll()
            ending.removeAll(keepingCapacity: true)
        } catch {
            fail(error)
        }
    }

    /// Appends what was gathered, waits until it is on disk, and closes the file.
    ///
    /// Nothing may follow.
    public func close() {
        flush()
        if failure == nil {
            do { try store.sync() } catch { fail(error) }
        }
        store.close()
    }

    /// Goes on after a failure, in a new section, if the store has room again; sessions that were cut stay cut.
    func resume(application: String) -> Bool {
        guard failure != nil else { return true }
        guard store.room >= Self.neededRoom else { return false }
        var header = PcapNGWriter()
        header.beginSection(application: application)
        do {
            try store.append(header.bytes)
        } catch {
            store.withdraw(min(error.written, header.bytes.count))
            return false
        }
        failure = nil
        return true
    }

    /// Takes blocks of a session; writes when enough is gathered.
    fileprivate func write(_ build: (inout PcapNGWriter) -> Void) {
        guard failure == nil else { return }
        build(&writer)
        if writer.bytes.count >= Self.batchSize { flush() }
    }

    fileprivate func ended(_ session: PacketSession) {
        guard open.removeValue(forKey: session.number) != nil, failure == nil else { return }
        ending.append(session)
    }

    /// Ends the recording: back to the last whole block, then, where there is room for it, a word for each session that
    /// is cut.
    private func fail(_ failure: BlockStoreFailure) {
        let error = RecordingError(code: .writeFailed, path: path, reason: failure.reason)
        self.failure = error
        if failure.written < writer.bytes.count {
            store.withdraw(failure.written - Self.wholeBlocks(in: writer.bytes, upTo: failure.written))
        }
        let trouble = Trouble(code: "recording-cut", text: "the recording ended here: \(failure.reason)")
        let cut = ending + open.values.sorted(by: { $0.number < $1.number })
        for session in cut {
            var note = PcapNGWriter()
            session.cut(trouble, into: &note)
            do {
                try store.append(note.bytes)
            } catch {
                store.withdraw(min(error.written, note.bytes.count))
                break
            }
        }
        for session in cut { session.stop() }
        writer = PcapNGWriter()
        ending = []
        open = [:]
        onFailure(error)
    }

    /// Where the last block that ends at or before `limit` ends.
    private static func wholeBlocks(in bytes: [UInt8], upTo limit: Int) -> Int {
        var end = 0
        while end + 8 <= bytes.count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[end + 4 + $1]) << (8 * $1) }
            guard length >= 12, end + length <= limit else { break }
            end += length
        }
        return end
    }
}

/// One session of a recorder, as packets.
private final class PacketSession: SessionSink {
    let number: UInt32
    private let info: SessionInfo
    private let recorder: Recorder
    private var packetizer: SessionPacketizer?
    private var last: Timestamp

    init(_ info: SessionInfo, number: UInt32, recorder: Recorder) {
        self.info = info
        self.number = number
        self.recorder = recorder
        last = info.started
    }

    func begin() {
        recorder.write { packetizer = SessionPacketizer(info, number: number, into: &$0) }
    }

    func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
        last = time
        recorder.write { packetizer?.receive(bytes, from: side, at: time, into: &$0) }
    }

    func mark(_ mark: Mark, at time: Timestamp) {
        last = time
        recorder.write { packetizer?.mark(mark, at: time, into: &$0) }
    }

    func end(at time: Timestamp) {
        recorder.ended(self)
        recorder.write { packetizer?.end(at: time, into: &$0) }
    }

    /// Nothing more of the session is written.
    func stop() { packetizer = nil }

    func cut(_ trouble: Trouble, into writer: inout PcapNGWriter) {
        packetizer?.cut(trouble, at: last, into: &writer)
    }
}
