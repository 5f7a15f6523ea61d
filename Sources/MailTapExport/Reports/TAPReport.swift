/// Outcomes in the Test Anything Protocol, version 13.
enum TAPReport {
    static func append(_ outcomes: [TestOutcome], to out: inout [UInt8]) {
        out.append(text: "TAP version 13\n1..\(outcomes.count)\n")
        for (index, outcome) in outcomes.enumerated() {
            out.append(outcome.failures.isEmpty ? "ok " : "not ok ")
            out.append(text: "\(index + 1) - ")
            description((outcome.suite.isEmpty ? "" : outcome.suite + ": ") + outcome.name, to: &out)
            if let skipped = outcome.skipped {
                out.append(" # SKIP ")
                description(skipped, to: &out)
            }
            out.append("\n")
            guard !outcome.failures.isEmpty else { continue }
            out.append("  ---\n  failures:\n")
            for failure in outcome.failures {
                out.append("    - kind: ")
                out.append(json: failure.kind)
                out.append("\n      message: ")
                out.append(json: failure.text)
                out.append("\n")
                if !failure.detail.isEmpty {
                    out.append("      detail: ")
                    out.append(json: failure.detail)
                    out.append("\n")
                }
            }
            out.append("  ...\n")
        }
    }

    /// Appends text in which no `#` begins a directive.
    private static func description(_ text: String, to out: inout [UInt8]) {
        for octet in VisibleText.of(text).utf8 {
            if octet == UInt8(ascii: "#") || octet == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
            out.append(octet)
        }
    }
}
