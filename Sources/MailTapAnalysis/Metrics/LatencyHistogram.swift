/// How long replies took, counted in classes as Prometheus wants them.
struct LatencyHistogram: Sendable, Equatable {
    /// Upper bounds of the classes in seconds; the last class has none.
    ///
    /// From a local server's reply to the minutes that RFC 5321 section 4.5.3.2 lets a client wait.
    static let bounds: [Double] = [0.001, 0.005, 0.025, 0.1, 0.5, 2, 10, 60, 300]

    private var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private var sum: Int64 = 0

    /// Counts a reply that took so many nanoseconds.
    mutating func add(nanoseconds: Int64) {
        let seconds = Double(nanoseconds) / 1e9
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] &+= 1
        sum = sum.addingReportingOverflow(max(0, nanoseconds)).partialValue
    }

    /// The lines of one histogram in Prometheus's text format; `labels` without braces.
    func append(name: String, labels: String, to text: inout String) {
        var total: UInt64 = 0
        for (bound, count) in zip(Self.bounds.map { "\($0)" } + ["+Inf"], counts) {
            total &+= count
            text += "\(name)_bucket{\(labels),le=\"\(bound)\"} \(total)\n"
        }
        text += "\(name)_sum{\(labels)} \(Double(sum) / 1e9)\n"
        text += "\(name)_count{\(labels)} \(total)\n"
    }
}
