/// A moment, in nanoseconds since 1970-01-01T00:00:00Z.
///
/// Live sources read the wall clock once a session and add a monotonic clock's advance, so that a session's times
/// never run backwards. Arithmetic saturates: times come from hostile files.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Nanoseconds since the Unix epoch; may be negative.
    public var nanoseconds: Int64

    /// A moment, given in nanoseconds since the Unix epoch.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Nanoseconds from an earlier moment to this one; negative when `earlier` is later.
    ///
    /// Saturates.
    public func since(_ earlier: Timestamp) -> Int64 {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        guard overflow else { return difference }
        return nanoseconds < 0 ? .min : .max
    }

    /// The moment `interval` nanoseconds later.
    ///
    /// Saturates.
    public func advanced(by interval: Int64) -> Timestamp {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(interval)
        guard overflow else { return Timestamp(nanoseconds: sum) }
        return Timestamp(nanoseconds: interval < 0 ? .min : .max)
    }

    /// The earlier one comes first.
    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.nanoseconds < rhs.nanoseconds }
}
