import MailTapAnalysis
import MailTapCore
import MailTapReplay

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `replay --update`: the dialogue file that was played expects from now on what came.
struct UpdateJob {
    private let path: String
    private var update: DialogueUpdate
    /// The place in the file of each session that counts as mail: `list` numbers those alone.
    private let places: [Int]
    /// Sessions that could not be taken over.
    private(set) var failures = 0

    /// Reads the file again, as text.
    ///
    /// - Throws: `Failure` where it is no dialogue file, or not all of it can be read.
    init(_ inputs: [String]) throws {
        guard inputs.count == 1, let path = inputs.first, path != "-" else {
            throw Failure(.usage, "--update rewrites one dialogue file: name one, not standard input")
        }
        self.path = path
        let octets = try FileOctets.read(path)
        guard DialogueFileReader.recognizes(octets) else {
            throw Failure(
                .usage, "--update rewrites dialogue files, and \(path) is none; export it with --format dialogue first")
        }
        let file = DialogueFileReader.read(octets, source: path, include: IncludedFiles(besides: path).read)
        if let error = file.errors.first {
            throw Failure(.damaged, "\(path): \(error); it is not rewritten before all of it can be read")
        }
        update = DialogueUpdate(octets, file.sessions)
        places = file.sessions.indices.filter { index in
            let builder = SessionBuilder(file.sessions[index].trace.info)
            file.sessions[index].trace.play(into: OneSink(builder))
            return builder.isMail
        }
    }

    /// Takes over what came of a session.
    mutating func take(_ trace: Trace?, _ entry: ComparisonReport.Entry) {
        guard let place = places.indices.contains(entry.number - 1) ? places[entry.number - 1] : nil else { return }
        switch entry.outcome {
        case .skipped: return
        case .failed(let why): fail(entry.number, why)
        case .compared(let comparison):
            guard let trace else { return }
            if let why = update.take(place, comparison, came: RecordedSession(trace)) { fail(entry.number, why) }
        }
    }

    private mutating func fail(_ number: Int, _ why: String) {
        failures += 1
        StandardError.write("session \(number) is not updated: \(why)")
    }

    /// Puts the new text in the file's place, whole or not at all.
    func finish() throws {
        guard update.hasChanges else {
            StandardError.write("\(path) is as it should be")
            return
        }
        try FileOctets.replace(path, with: update.updated)
        StandardError.write("\(path) is updated")
    }

    /// Hands a trace to a builder that stands ready.
    private final class OneSink: TraceSink {
        private let builder: SessionBuilder
        init(_ builder: SessionBuilder) { self.builder = builder }
        func open(_ info: SessionInfo) -> any SessionSink { builder }
    }
}
