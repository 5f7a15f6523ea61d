import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport

/// Reads INPUTs and writes their sessions in one format: what `analyze` and `export` do.
struct ExportJob {
    var input: InputOptions
    var common: CommonOptions
    var format: String
    var output: String?
    var full = false
    /// Whether exchanges get their notes.
    var annotates = true
    /// Where to write which pseudonym stands for what, with `redacted`.
    var list: String?
    /// Whether to go on reading where a file ends.
    var follows = false
    /// A recording to write as well, and whether its secrets stay.
    var record: (path: String, keepsSecrets: Bool)?

    func run() throws {
        let format = try OutputFormat(named: format)
        if let record { try StandardOutput.refuse(record.path, ifOneOf: input.inputs) }
        let recorder = try record.map { try Recording.open($0.path, keepsSecrets: $0.keepsSecrets) }
        let reader =
            switch format {
            case .stream(let format): try run(format, recorder)
            case .eml: try writeMessages(recorder)
            case .pcapng: try writePackets(recorder)
            case .redacted: try writeRedacted(recorder)
            }
        recorder?.close()
        if recorder?.failure != nil { throw Ended(.ioError) }
        if reader.status != .success { throw Ended(reader.status) }
    }

    private func read(
        _ wishes: SessionGatherer.Wishes, _ recorder: Recorder?, flush: @escaping () throws -> Void = {},
        write: @escaping ((inout [UInt8]) -> Void) throws -> Void = { _ in },
        give: @escaping (ExportItem) throws -> Void
    ) throws -> InputReader {
        var wishes = wishes
        if recorder != nil { wishes.keepsTraces = true }
        let gatherer = SessionGatherer(wishes, write: write) { item in
            try give(item)
            if let recorder { item.trace?.play(into: recorder) }
        }
        gatherer.flush = flush
        var reader = try input.reader(isQuiet: common.quiet)
        reader.isVerbose = common.verbose
        reader.follows = follows
        reader.waiting = {
            gatherer.show(flush)
            recorder?.flush()
        }
        reader.stops = { gatherer.failure != nil }
        reader.read(input.inputs, into: gatherer)
        try gatherer.finish()
        input.sayMissing(of: gatherer.count)
        return reader
    }

    private func run(_ format: ExportFormat, _ recorder: Recorder?) throws -> InputReader {
        var out = try StandardOutput(path: output, inputs: input.inputs)
        let options = common.exportOptions(isTerminal: out.isTerminal && format == .text, full: full)
        var exporter = format.makeExporter(options)
        var wishes = try input.wishes()
        wishes.order = format.isOrdered && !follows ? .number : .ending
        wishes.keepsTraces = format.needsTrace
        wishes.options.keepsContent = format.needsContents(options)
        wishes.options.annotates = annotates
        if format == .json || format == .ndjson, recorder == nil, wishes.filter == nil {
            wishes.lines = SessionJSON(reveal: options.reveal)
            return try runLines(wishes, out, JSONExport(format == .json ? .array : .lines, reveal: options.reveal))
        }
        try out.append { exporter.begin(into: &$0) }
        let sink = OutputBox(out, exporter)
        let reader = try read(
            wishes, recorder, flush: { try sink.out.flush() },
            give: { item in try sink.out.append { sink.exporter.session(item, into: &$0) } })
        try sink.out.append { sink.exporter.end(into: &$0) }
        try sink.out.flush()
        return reader
    }

    /// Objects of JSON stand each for itself, so other cores write them; those that wait for their turn take less as
    /// text.
    private func runLines(
        _ wishes: SessionGatherer.Wishes, _ out: consuming StandardOutput, _ export: JSONExport
    ) throws -> InputReader {
        let sink = LinesBox(out, export)
        try sink.out.append { sink.export.begin(into: &$0) }
        let reader = try read(
            wishes, nil, flush: { try sink.out.flush() },
            write: { line in try sink.out.append { sink.export.line(into: &$0, line) } }, give: { _ in })
        try sink.out.append { sink.export.end(into: &$0) }
        try sink.out.flush()
        return reader
    }

    private func writeMessages(_ recorder: Recorder?) throws -> InputReader {
        guard let path = output else {
            throw Failure(.usage, "eml writes one file per message: name a directory with -o")
        }
        do {
            let files = try MessageFiles(directory: path)
            var wishes = try input.wishes()
            wishes.options.keepsContent = true
            let count = Counter()
            let box = FilesBox(files)
            let reader = try read(wishes, recorder) { count.value += try box.files.write($0).count }
            if !common.quiet {
                StandardError.write("\(count.value) message\(count.value == 1 ? "" : "s") written to \(path)")
            }
            return reader
        } catch let error as ExportError {
            throw Failure(error.code == .cannotCreate ? .cannotCreate : .ioError, error.description)
        }
    }

    private func writePackets(_ recorder: Recorder?) throws -> InputReader {
        let out = try binaryOutput("pcapng")
        let box = PacketsBox(out, PcapNGExport(version: MailTap.version, reveal: common.reveal))
        var wishes = try input.wishes()
        wishes.keepsTraces = true
        let reader = try read(wishes, recorder) { item in
            guard let trace = item.trace else { return }
            box.export.add(trace, proto: item.session.proto, notes: PacketNote.notes(for: item))
            try box.out.append { $0 += box.export.take() }
        }
        try box.out.append { $0 += box.export.take() }
        try box.out.flush()
        let options = Set(box.export.readerOptions).sorted()
        if !options.isEmpty { StandardError.write("to decode all of it: tshark \(options.joined(separator: " "))") }
        return reader
    }
}

extension ExportJob {
    /// The output of a format that is no text: a file of its owner's alone, or a pipe, never a terminal.
    private func binaryOutput(_ format: String) throws -> StandardOutput {
        let out = try StandardOutput(path: output, inputs: input.inputs, isPrivate: true)
        guard !out.isTerminal else {
            throw Failure(.usage, "\(format) is no text for a terminal: name a file with -o, or use a pipe")
        }
        return out
    }

    /// Writes a recording with pseudonyms, and says what was replaced.
    private func writeRedacted(_ recorder: Recorder?) throws -> InputReader {
        if let list { try StandardOutput.refuse(list, ifOneOf: input.inputs) }
        let out = try binaryOutput("redacted")
        var listing = try list.map { try RedactionListing(path: $0) }
        let box = PacketsBox(out, PcapNGExport(version: MailTap.version, reveal: true, keepsPorts: true))
        let redactor = RedactorBox(.withRandomKey())
        var wishes = try input.wishes()
        wishes.keepsTraces = true
        let reader = try read(wishes, recorder) { item in
            guard let trace = item.trace else { return }
            box.export.add(redactor.redactor.redact(trace), proto: item.session.proto)
            try box.out.append { $0 += box.export.take() }
        }
        try box.out.append { $0 += box.export.take() }
        try box.out.flush()
        let log = redactor.redactor.log
        try listing?.write(log)
        if !common.quiet {
            StandardError.write("replaced: \(log.summary)")
            if list == nil { StandardError.write("--list PATH writes which pseudonym stands for what") }
        }
        return reader
    }
}

extension Redactor {
    /// A redactor whose pseudonyms nobody can guess at.
    static func withRandomKey() -> Redactor {
        var random = SystemRandomNumberGenerator()
        return Redactor(key: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }
}

private final class RedactorBox {
    var redactor: Redactor
    init(_ redactor: Redactor) { self.redactor = redactor }
}

/// An output and its exporter, shared with the closure that takes sessions.
private final class OutputBox {
    var out: StandardOutput
    var exporter: any Exporter
    init(_ out: consuming StandardOutput, _ exporter: any Exporter) {
        self.out = out
        self.exporter = exporter
    }
}

private final class LinesBox {
    var out: StandardOutput
    var export: JSONExport
    init(_ out: consuming StandardOutput, _ export: JSONExport) {
        self.out = out
        self.export = export
    }
}

private final class PacketsBox {
    var out: StandardOutput
    var export: PcapNGExport
    init(_ out: consuming StandardOutput, _ export: PcapNGExport) {
        self.out = out
        self.export = export
    }
}

private final class FilesBox {
    let files: MessageFiles
    init(_ files: consuming MessageFiles) { self.files = files }
}

private final class Counter { var value = 0 }
