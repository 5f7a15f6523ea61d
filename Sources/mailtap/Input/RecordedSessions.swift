import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport
import MailTapReplay

/// Whole sessions of INPUTs in memory, with the octets of their messages.
enum RecordedSessions {
    static func read(_ input: InputOptions, with reader: inout InputReader) throws -> [RecordedSession] {
        try read(input.inputs, input.wishes(), with: &reader)
    }

    static func read(
        _ inputs: [String], _ wishes: SessionGatherer.Wishes, with reader: inout InputReader
    ) throws -> [RecordedSession] {
        var wishes = wishes
        wishes.options.keepsContent = true
        let found = Found()
        let gatherer = SessionGatherer(wishes) { item in
            found.sessions.append(RecordedSession(session: item.session, contents: item.contents))
        }
        reader.read(inputs, into: gatherer)
        try gatherer.finish()
        return found.sessions
    }

    private final class Found { var sessions: [RecordedSession] = [] }
}
