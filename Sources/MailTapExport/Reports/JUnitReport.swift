import MailTapCore

/// Outcomes as JUnit XML: a suite for each INPUT, a case for each session.
enum JUnitReport {
    static func append(_ outcomes: [TestOutcome], name: String, to out: inout [UInt8]) {
        var suites: [(name: String, outcomes: [TestOutcome])] = []
        for outcome in outcomes {
            if suites.last?.name == outcome.suite {
                suites[suites.count - 1].outcomes.append(outcome)
            } else {
                suites.append((outcome.suite, [outcome]))
            }
        }
        out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites")
        attribute("name", name, to: &out)
        counts(outcomes, to: &out)
        out.append(">\n")
        for suite in suites {
            out.append("  <testsuite")
            attribute("name", suite.name, to: &out)
            counts(suite.outcomes, to: &out)
            out.append(">\n")
            for outcome in suite.outcomes { append(outcome, to: &out) }
            out.append("  </testsuite>\n")
        }
        out.append("</testsuites>\n")
    }

    private static func counts(_ outcomes: [TestOutcome], to out: inout [UInt8]) {
        attribute("tests", "\(outcomes.count)", to: &out)
        attribute("failures", "\(outcomes.count { !$0.failures.isEmpty })", to: &out)
        attribute("errors", "0", to: &out)
        attribute("skipped", "\(outcomes.count { $0.skipped != nil })", to: &out)
        let duration = outcomes.reduce(Int64(0)) { sum, outcome in
            let (total, overflow) = sum.addingReportingOverflow(max(0, outcome.duration))
            return overflow ? .max : total
        }
        attribute("time", TimeText.text(seconds: duration, decimals: 6), to: &out)
    }

    private static func append(_ outcome: TestOutcome, to out: inout [UInt8]) {
        out.append("    <testcase")
        attribute("classname", outcome.suite, to: &out)
        attribute("name", outcome.name, to: &out)
        attribute("time", TimeText.text(seconds: outcome.duration, decimals: 6), to: &out)
        guard !outcome.failures.isEmpty || outcome.skipped != nil else {
            out.append("/>\n")
            return
        }
        out.append(">\n")
        if let skipped = outcome.skipped {
            out.append("      <skipped")
            attribute("message", skipped, to: &out)
            out.append("/>\n")
        }
        // JUnit's schema has room for one failure: the first is its message, all stand in its text.
        if let first = outcome.failures.first {
            out.append("      <failure")
            attribute("type", first.kind, to: &out)
            attribute("message", first.text, to: &out)
            out.append(">")
            for failure in outcome.failures {
                for line in ["\(failure.kind): \(failure.text)"]
                    + failure.detail.split(separator: "\n").map({ "  " + $0 })
                {
                    out.append(html: line)
                    out.append("\n")
                }
            }
            out.append("</failure>\n")
        }
        out.append("    </testcase>\n")
    }

    private static func attribute(_ name: String, _ value: String, to out: inout [UInt8]) {
        out.append(text: " \(name)=\"")
        out.append(html: value)
        out.append("\"")
    }
}
