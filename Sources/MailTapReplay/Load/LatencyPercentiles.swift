/// Many durations in little memory: percentiles to about 3 %.
public struct LatencyPercentiles: Sendable, Equatable {
    /// Values below 32 have a bucket each; above, each power of two has 32.
    private var buckets: [UInt64] = []
    /// How many durations there are.
    public private(set) var count: UInt64 = 0
    /// The longest, in nanoseconds.
    public private(set) var longest: Int64 = 0

    /// No durations.
    public init() {}

    /// Adds a duration in nanoseconds; a negative one counts as 0.
    public mutating func add(_ nanoseconds: Int64) {
        let value = UInt64(max(0, nanoseconds))
        let bucket = Self.bucket(of: value)
        if bucket >= buckets.count { buckets += repeatElement(0, count: bucket + 1 - buckets.count) }
        buckets[bucket] += 1
        count += 1
        longest = max(longest, nanoseconds)
    }

    /// Nanoseconds that this share of the durations (0...1) does not exceed; nil where there are none.
    public func percentile(_ share: Double) -> Int64? {
        guard count > 0 else { return nil }
        let wanted = max(1, UInt64((Double(count) * min(1, max(0, share))).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, number) in buckets.enumerated() {
            seen += number
            if seen >= wanted { return min(longest, Self.highest(in: bucket)) }
        }
        return longest
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= 32 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - 4) * 32 + Int((value >> UInt64(exponent - 5)) & 31)
    }

    private static func highest(in bucket: Int) -> Int64 {
        guard bucket >= 32 else { return Int64(bucket) }
        let shift = UInt64(bucket / 32 - 1)
        // The highest bucket of an Int64 ends at its maximum: nothing overflows.
        return Int64(truncatingIfNeeded: ((UInt64(32 + bucket % 32) + 1) << shift) - 1)
    }
}
