/// Why TLS can't be set up: files, keys and certificates that can't be used.
public struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure, for exit statuses.
    public enum Code: Sendable, Hashable {
        /// A file can't be read.
        case unreadable
        /// A file can't be made or written.
        case unwritable
        /// A file holds something else than it should.
        case damaged
        /// A certificate's time is over.
        case expired
        /// The TLS library refuses what it was given.
        case refused
    }

    /// The kind of failure.
    public var code: Code
    /// What failed, on what, why, and what to try.
    public var context: String

    /// Why TLS can't be set up.
    public init(code: Code, context: String) {
        self.code = code
        self.context = context
    }

    /// The context.
    public var description: String { context }
}
