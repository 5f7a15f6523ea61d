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
    /// What a version line begins with.
    static let signature = "mailtap-dialogue"
}

/// One session of a dialogue file.
public struct DialogueFileSession: Sendable {
    /// What happened.
    public var trace: Trace
    /// The line, from 1, at which each entry of the trace begins.
    public var lines: [Int] = []
    /// Patterns such as `{any}` that stand in what the server is to say; their own octets stand in the trace.
    public var patterns: [DialogueFilePattern] = []

    /// A session without entries.
    public init(trace: Trace) { self.trace = trace }
}

/// A place of a dialogue file where any of several texts is meant.
public struct DialogueFilePattern: Sendable, Hashable {
    /// Where the pattern, braces included, stands in the stream.
    public var range: StreamRange
    /// What stands between the braces, such as `any`.
    public var name: String
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
