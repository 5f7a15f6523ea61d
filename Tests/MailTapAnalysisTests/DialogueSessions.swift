import MailTapAnalysis
import MailTapCore
import Testing

/// Sessions out of the text of a dialogue file.
enum DialogueSessions {
    private final class BuilderSink: TraceSink {
        var builder: SessionBuilder?

        func open(_ info: SessionInfo) -> any SessionSink {
            let builder = SessionBuilder(info)
            self.builder = builder
            return builder
        }
    }

    /// The sessions in their order, numbered from 1.
    static func read(_ text: String) -> [Session] {
        let file = DialogueFileReader.read(Array(text.utf8), source: "fixture")
        #expect(file.errors.isEmpty, "\(file.errors)")
        var sessions: [Session] = []
        for (index, session) in file.sessions.enumerated() {
            let sink = BuilderSink()
            session.trace.play(into: sink)
            guard var built = sink.builder?.session else { continue }
            built.number = index + 1
            sessions.append(built)
        }
        return sessions
    }
}
