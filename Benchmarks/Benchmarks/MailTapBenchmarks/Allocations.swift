import Benchmark
import CAllocations

/// How often work asks for memory.
enum Allocations {
    /// Requests for memory, by all threads that do not stand aside.
    static let metric = BenchmarkMetric.custom("Mallocs", polarity: .prefersSmaller, useScalingFactor: false)

    /// Does the work and tells the benchmark how often it asked for memory.
    static func count<Result>(_ benchmark: Benchmark, _ work: () throws -> Result) rethrows -> Result {
        let before = allocations_count()
        defer { benchmark.measurement(metric, Int(clamping: allocations_count() - before)) }
        return try work()
    }
}
