/// Standard output of a live command; lives on one thread.
final class LiveOutput {
    private let outcome: LiveOutcome
    private var out: StandardOutput?

    init(_ outcome: LiveOutcome) {
        self.outcome = outcome
        out = try? StandardOutput()
    }

    /// Writes at once what `write` appends.
    func write(_ write: (inout [UInt8]) -> Void) {
        do {
            try out?.append(write)
            try out?.flush()
        } catch is StandardOutput.Closed {
            out = nil
            outcome.outputClosed()
        } catch {
            out = nil
            outcome.fail("can't write to standard output: \(StandardOutput.reason())")
        }
    }
}
