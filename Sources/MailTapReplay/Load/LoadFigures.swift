import MailTapAnalysis

/// What a recording that is played many times tells of the server's speed.
public struct LoadFigures: Sendable {
    /// How many sessions were played at once.
    public var concurrency: Int
    /// How many sessions were played, failed ones included.
    public var played = 0
    /// How many of them failed for want of a connection.
    public var failed = 0
    /// How long all of it took, in nanoseconds.
    public var elapsed: Int64 = 0
    /// The latency of each reply now.
    public var live = LatencyPercentiles()
    /// The latency of each reply as recorded; none where the recording has no times.
    public var recorded = LatencyPercentiles()

    /// No figures yet.
    public init(concurrency: Int) { self.concurrency = concurrency }

    /// Sessions that ended in a second.
    public var rate: Double { elapsed > 0 ? Double(played - failed) * 1e9 / Double(elapsed) : 0 }

    mutating func add(_ comparison: SessionComparison) {
        for pair in comparison.pairs {
            guard let now = pair.came.flatMap({ comparison.came?.exchanges[checked: $0] }), now.command != nil,
                let latency = now.reply?.latency
            else { continue }
            live.add(latency)
            let was = pair.expected.flatMap { comparison.expected?.exchanges[checked: $0]?.reply?.latency }
            if let was, was > 0 { recorded.add(was) }
        }
    }

    /// Lines for a reader.
    var text: [String] {
        func line(_ name: String, _ latencies: LatencyPercentiles) -> String {
            let parts = [(0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %")].compactMap { share, name in
                latencies.percentile(share).map { "\(name) \(ComparisonWork.milliseconds($0))" }
            }
            return
                "\(name): \((parts + ["longest \(ComparisonWork.milliseconds(latencies.longest))"]).joined(separator: ", "))"
        }
        let failures = failed > 0 ? ", \(failed) of them without a connection" : ""
        var lines = [
            "load: \(played) sessions in \(Self.decimals(Double(elapsed) / 1e9)) s\(failures), "
                + "\(Self.decimals(rate)) a second, \(concurrency) at once"
        ]
        if live.count > 0 { lines.append(line("latency of \(live.count) replies", live)) }
        if recorded.count > 0 { lines.append(line("as recorded", recorded)) }
        return lines
    }

    /// A number with two decimals.
    static func decimals(_ number: Double) -> String {
        guard number.isFinite, number < 1e12 else { return "0.00" }
        let hundredths = Int64((number * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
