import MailTapCore

/// How an interface's time stamps count (pcapng options if_tsresol and if_tsoffset).
struct TimeResolution {
    /// Units per second; 0 where a second holds more of them than 64 bits count.
    private let unitsPerSecond: UInt64
    private let offset: Int64

    /// - Parameters:
    ///   - resolution: negative exponent of 10, or of 2 where the highest bit is set.
    ///   - offset: seconds to add.
    init(resolution: UInt8 = 6, offset: Int64 = 0) {
        self.offset = offset
        let exponent = Int(resolution & 0x7F)
        if resolution & 0x80 != 0 {
            unitsPerSecond = exponent < 64 ? 1 << UInt64(exponent) : 0
        } else {
            unitsPerSecond = exponent < 20 ? (0..<exponent).reduce(1) { units, _ in units * 10 } : 0
        }
    }

    /// The moment that a count of units stands for; saturates.
    @inline(__always)
    func timestamp(_ units: UInt64) -> Timestamp {
        if unitsPerSecond == 1_000_000_000, offset == 0, units <= UInt64(Int64.max) {
            return Timestamp(nanoseconds: Int64(units))
        }
        return slowTimestamp(units)
    }

    private func slowTimestamp(_ units: UInt64) -> Timestamp {
        guard unitsPerSecond > 0 else { return Timestamp(nanoseconds: 0) }
        let (seconds, rest) = units.quotientAndRemainder(dividingBy: unitsPerSecond)
        // rest < unitsPerSecond, so the quotient of the 128-bit product is below 10^9.
        let product = rest.multipliedFullWidth(by: 1_000_000_000)
        let fraction = Int64(unitsPerSecond.dividingFullWidth(product).quotient)
        let whole = Int64(clamping: seconds).addingReportingOverflow(offset)
        let (scaled, overflow) = whole.partialValue.multipliedReportingOverflow(by: 1_000_000_000)
        guard !whole.overflow, !overflow else {
            let isNegative = whole.overflow ? offset < 0 : whole.partialValue < 0
            return Timestamp(nanoseconds: isNegative ? .min : .max)
        }
        return Timestamp(nanoseconds: scaled).advanced(by: fraction)
    }
}
