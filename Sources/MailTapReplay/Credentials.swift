/// What a replay logs in with.
public struct Credentials: Sendable, Equatable {
    /// The user name; nil takes the one of the recording.
    public var user: String?
    /// The password.
    public var password: String

    /// A user's password.
    public init(user: String? = nil, password: String) {
        self.user = user
        self.password = password
    }
}

extension Credentials: CustomStringConvertible, CustomReflectable {
    /// The user name alone: a password never reaches a log.
    public var description: String { "credentials of \(user ?? "the recorded user")" }
    /// Shows nothing, for the same reason.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
