/// Why a text is no route.
public struct RouteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and with what, and an example of what would be right.
    public var description: String
}
