/// An export that could not be written.
public struct ExportError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Sendable {
        /// An output could not be created.
        case cannotCreate
        /// Writing failed.
        case cannotWrite
    }

    /// What kind of failure it is.
    public var code: Code
    /// What failed, on what, why, and what to try.
    public var description: String
}
