/// What went wrong with a recording's file, in words for a person; never holds content or credentials.
public struct RecordingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which kind of failure.
    public enum Code: Sendable, Hashable {
        /// The file can't be created or opened.
        case unusablePath
        /// A file is there that is no recording.
        case notARecording
        /// A recording that is damaged elsewhere than at its end; appending would hide what follows.
        case damaged
        /// Another process writes to it.
        case inUse
        /// Writing failed: a full disk, an I/O error.
        case writeFailed
    }

    /// Which kind of failure.
    public var code: Code
    /// The file.
    public var path: String
    /// What was found or what the system said.
    public var reason: String

    /// A failure with the file at `path`.
    public init(code: Code, path: String, reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    /// The exit status that the failure ends a command with: 73, or 74 for failed writing.
    public var exitStatus: Int32 { code == .writeFailed ? 74 : 73 }

    /// What failed, on what, why, and what to try.
    public var description: String {
        switch code {
        case .unusablePath: "cannot record to \(path): \(reason)"
        case .notARecording: "cannot record to \(path): \(reason); choose another name, no other file is overwritten"
        case .damaged: "cannot append to \(path): \(reason); record to another file"
        case .inUse: "cannot record to \(path): \(reason); record to another file"
        case .writeFailed: "recording to \(path) ended: \(reason); sessions go on, but are not recorded"
        }
    }
}
