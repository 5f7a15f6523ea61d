/// What a dialogue file says: its sessions as traces, and what could not be read.
///
/// The grammar is in `docs/dialogue-files.md`.
public struct DialogueFile: Sendable {
    /// The sessions, in the order of the file.
    public var sessions: [DialogueFileSession]
    /// What could not be read, in the order of the file; reading went on behind each.
    ///
    /// Empty for a sound file.
    public var errors: [DialogueFileError]

    /// The version of the grammar that is written, and the newest that is read.
    public static let version = 1
    /// Code of the trouble that stands in a trace in the place of a line by which something is said that can't be read.
    public static let unreadableLine = "unreadable-line"
    /// What a version line begins with.
    static let signature = "mailtap-dialogue"
}

/// One session of a dialogue file.
public struct DialogueFileSession: Sendable {
    /// What happened.
    public var trace: Trace
    /// The line, from 1, at which each entry of the trace begins.
    public var lines: [Int] = []
    /// The lines by which something is said, in the order of the file.
    public var said: [DialogueFileSaid] = []

    /// A session without entries.
    public init(trace: Trace) { self.trace = trace }
}

/// A line of a dialogue file by which a side says something.
public struct DialogueFileSaid: Sendable, Hashable {
    /// What it says, as a range of the side's stream.
    public var range: StreamRange
    /// Line of the file, from 1.
    public var line: Int
}

/// A line of a dialogue file that could not be read.
public struct DialogueFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line, from 1.
    public var line: Int
    /// What is wrong with it and what would be right; holds nothing of the line's content.
    public var problem: String

    /// `line 12: …`.
    public var description: String { "line \(line): \(problem)" }
}
