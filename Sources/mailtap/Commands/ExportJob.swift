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
    /// A recording to write as well, and whether its secrets stay.
    var record: (path: String, keepsSecrets: Bool)?

    func run() throws {
        guard let format = ExportFormat.named(format) else {
            throw Failure(
                .usage,
                "no format \"\(format)\"; there are \(ExportFormat.all.map(\.name).joined(separator: ", "))")
        }
        var wishes = SessionGatherer.Wishes()
        wishes.numbers = input.session
        wishes.order = format.name == "ndjson" ? .ending : .number
        wishes.keepsTraces = format.needsTrace || record != nil
        wishes.options.keepsContent = format.needsContents || full
        let recorder = try record.map { try Recording.open($0.path, keepsSecrets: $0.keepsSecrets) }
        if format.writesFiles {
            try run(wishes, into: EMLDirectory(path: output ?? "."), recorder)
        } else {
            try run(wishes, format, recorder)
        }
    }

    private func run(_ wishes: SessionGatherer.Wishes, _ format: ExportFormat, _ recorder: Recorder?) throws {
        var out = try StandardOutput(path: output)
        var exporter = format.make(common.exportOptions(isTerminal: out.isTerminal && format.name == "text", full: full))
        try out.append { exporter.begin(into: &$0) }
        let gatherer = SessionGatherer(wishes) { item in
            try out.append { exporter.session(item, into: &$0) }
            if wishes.order == .ending { try out.flush() }
            if let recorder { item.trace?.play(into: recorder) }
        }
        var reader = InputReader(isQuiet: common.quiet)
        reader.read(input.inputs, into: gatherer)
        if let failure = gatherer.failure { throw failure }
        try out.append { exporter.end(into: &$0) }
        try out.flush()
        try finish(reader, recorder)
    }

    private func run(_ wishes: SessionGatherer.Wishes, into directory: EMLDirectory, _ recorder: Recorder?) throws {
        var directory = directory
        try directory.create()
        let gatherer = SessionGatherer(wishes) { item in
            try directory.write(item)
            if let recorder { item.trace?.play(into: recorder) }
        }
        var reader = InputReader(isQuiet: common.quiet)
        reader.read(input.inputs, into: gatherer)
        if let failure = gatherer.failure { throw failure }
        if !common.quiet { StandardError.write("\(directory.count) messages written to \(directory.path)") }
        try finish(reader, recorder)
    }

    private func finish(_ reader: InputReader, _ recorder: Recorder?) throws {
        recorder?.close()
        if let failure = recorder?.failure { throw Failure(.ioError, failure.description) }
        if reader.status != .success { throw Ended(reader.status) }
    }
}

/// The command ended with a status of which everything was said already.
struct Ended: Error {
    var status: Status
    init(_ status: Status) { self.status = status }
}

/// Opens recordings for commands, with their errors in the contract's form.
enum Recording {
    static func open(_ path: String, keepsSecrets: Bool) throws -> Recorder {
        do {
            return try Recorder(path: path, version: MailTap.version, keepSecrets: keepsSecrets) { error in
                StandardError.write("mailtap: \(error)")
            }
        } catch {
            throw Failure(Status(rawValue: error.exitStatus) ?? .cannotCreate, error.description)
        }
    }
}
