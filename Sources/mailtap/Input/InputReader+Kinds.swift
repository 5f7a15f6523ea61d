import MailTapCapture
import MailTapCore
import MailTapDecrypt

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension InputReader {
    /// Octets of a dialogue file that are read at most: they are text that people write.
    private static let dialogueLimit = 256 << 20

    /// Tells the kind by the first octets, then reads to the end.
    ///
    /// - Parameter path: where a file can be opened once more; nil for what can be read only once.
    /// - Returns: what was in a capture; nil for a dialogue file.
    @discardableResult
    func readCaptureOrDialogue(
        _ descriptor: Int32, _ name: String, keys: KeyLog = KeyLog(), path: String? = nil, into sink: any TraceSink
    ) throws -> CaptureReader.Summary? {
        let progress = ProgressLine(name, descriptor: descriptor)
        defer { progress.clear() }
        // What is still being written may be ended by hand, in order.
        let isFile = FileStatus(descriptor: descriptor)?.kind == .regular
        let isLive = follows || !isFile
        if isLive { Interruption.watch() }
        do throws(CaptureError) {
            let file = follows ? path.flatMap { FollowedFile(path: $0, descriptor: descriptor) } : nil
            let input = DescriptorSource(
                descriptor: descriptor, named: name, follows: follows && isFile,
                isOver: { stops() || isLive && Interruption.came }, isLeft: { file?.isReplaced ?? false })
            var (head, source) = try MemorySource.peek(CaptureFormat.signatureLength, of: input)
            if head.isEmpty, follows, Interruption.came { return nil }
            if !CaptureReader.looksLikeCapture(head) {
                // A capture is told by its first octets; only text takes more, which a pipe may be slow to give.
                (head, source) = try MemorySource.peek(4_096, of: source)
                if DialogueFileReader.recognizes(head) {
                    try Self.readDialogue(source, name, IncludedFiles(besides: path), into: sink)
                    return nil
                }
            }
            if let path, !isLive, let reading = sharedReading(of: path, named: name, head, descriptor, into: sink) {
                return try reading.run(keys) { progress.show($0) }
            }
            let decryptor = Decryptor(into: sink, keys: keys, patience: Self.patience(head, keys, name, path))
            defer {
                keys.lookAhead = nil
                decryptor.finish()
            }
            var reader = CaptureReader(limits: limits, annotations: RecordingAnnotations()) { lines in
                keys.add(lines)
                decryptor.keysChanged()
            }
            reader.waiting = waiting
            return try reader.read(source, named: name, into: decryptor) { if !isLive { progress.show($0) } }
        } catch {
            if error.code == .notACapture {
                throw Failure(
                    .damaged,
                    "\(name) is no capture (pcap, pcapng; also in gzip, zstd, lz4, xz), no recording and no dialogue file; see mailtap help"
                )
            }
            // Ended by hand, or by who reads the output, in the middle of what was being written: nothing is wrong with it.
            if error.code == .truncated, stops() || isLive && Interruption.came { return nil }
            throw Failure(Self.status(of: error.code), error.description)
        }
    }

    /// How long TLS sessions wait for secrets that stand behind them; where a file can be opened again, they are
    /// looked for ahead instead.
    static func patience(
        _ head: [UInt8], _ keys: KeyLog, _ name: String, _ path: String?
    ) -> Decryptor.Patience {
        guard CaptureReader.mayHoldSecrets(head) else { return .none }
        guard let path else { return .brief }
        keys.lookAhead = { [weak keys] in
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return }
            defer { close(descriptor) }
            let source = DescriptorSource(descriptor: descriptor, named: name)
            for lines in CaptureReader.secrets(in: source, named: name) { keys?.add(lines) }
        }
        return .none
    }

    /// A reading of a capture file by several readers; nil where it can't be shared, or is not worth it.
    private func sharedReading(
        of path: String, named name: String, _ head: [UInt8], _ descriptor: Int32, into sink: any TraceSink
    ) -> SharedReading? {
        guard readers > 1, let sink = sink as? any SharedSink, CaptureReader.isPlain(head),
            let file = FileStatus(descriptor: descriptor), file.length >= sharedLength
        else { return nil }
        return SharedReading(
            path: path, descriptor: descriptor, length: file.length, name: name, head: head, readers: readers,
            limits: limits, merge: sink.share(among: readers))
    }

    private static func readDialogue(
        _ source: any ByteSource, _ name: String, _ included: IncludedFiles, into sink: any TraceSink
    ) throws(CaptureError) {
        var octets: [UInt8] = []
        while true {
            let (piece, _) = try MemorySource.peek(1 << 20, of: source)
            octets += piece
            if piece.count < 1 << 20 { break }
            guard octets.count <= dialogueLimit else {
                throw CaptureError(
                    code: .damaged, input: name, reason: "a dialogue file of more than 256 MiB; split it")
            }
        }
        let file = DialogueFileReader.read(octets, source: name, include: included.read)
        for session in file.sessions { session.trace.play(into: sink) }
        if let first = file.errors.first {
            let more = file.errors.count > 1 ? ", and \(file.errors.count - 1) more" : ""
            throw CaptureError(code: .damaged, input: name, reason: "\(first)\(more)")
        }
    }

    static func status(of code: CaptureError.Code) -> Status {
        switch code {
        case .notACapture, .truncated, .damaged: .damaged
        case .inputOutput, .interface: .noInput
        case .filter: .usage
        }
    }
}
