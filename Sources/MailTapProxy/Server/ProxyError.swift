/// Why the proxy can't start.
public struct ProxyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure, for exit statuses.
    public enum Code: Sendable, Hashable {
        /// A route's address can't be listened on.
        case bind
        /// The process ran out of descriptors or threads.
        case resources
    }

    /// The kind of failure.
    public var code: Code
    /// What failed, on what, why, and what to try.
    public var context: String

    /// Why the proxy can't start.
    public init(code: Code, context: String) {
        self.code = code
        self.context = context
    }

    /// The context.
    public var description: String { context }
}
