/// When a set of recordings goes on in a new file (`--rotate`).
public enum Rotation: Sendable, Hashable {
    /// When the file has this many octets or more.
    case size(Int)
    /// When the file was begun this many nanoseconds ago.
    case interval(Int64)
}

/// Which files of a set of recordings are kept (`--keep`); those that are still written to are never removed.
public enum Retention: Sendable, Hashable {
    /// The newest so many.
    case count(Int)
    /// Those that were written to within so many nanoseconds.
    case age(Int64)
}
