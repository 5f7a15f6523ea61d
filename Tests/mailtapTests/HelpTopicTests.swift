import MailTapAnalysis
import Testing

@testable import mailtap

@Suite struct HelpTopicTests {
    /// What stands between the quotes of the filter topic's examples.
    private static let examples: [String] = HelpTopic.filter.split(separator: "\n")
        .filter { $0.contains("mailtap ") && $0.contains(" -f '") }
        .compactMap { line in
            line.firstRange(of: " -f '").map { String(line[$0.upperBound...].prefix { $0 != "'" }) }
        }

    @Test func thereAreExamples() { #expect(Self.examples.count >= 6) }

    @Test(arguments: examples) func examplesOfFiltersAreFilters(_ example: String) throws {
        _ = try SessionFilter(parsing: example)
    }

    @Test func everyFieldIsDocumented() {
        for field in SessionFilter.fields { #expect(HelpTopic.filter.contains(field.name), "\(field.name)") }
    }

    @Test func shortFormsAreRead() throws {
        let forms = [
            "from:x", "from:<>", "to:x", "subject:x", "user:x", "has:attachment", "has:findings", "has:message",
            "has:report",
            "has:login", "is:failed", "is:encrypted", "before:2026-11-23", "after:2026-11-23T06:00:00Z", "larger:500K",
            "smaller:10M", "rule:smtp.*", "severity:error", "aspect:syntax", "side:client",
        ]
        for form in forms {
            _ = try SessionFilter(parsing: form)
            let name = form.prefix { $0 != ":" }
            #expect(HelpTopic.filter.contains("\(name):"), "\(form)")
        }
    }

    @Test(arguments: RuleBook.all.map(\.id)) func everyRuleIsTold(_ id: String) {
        #expect(HelpTopic.rules.contains("\(id) "))
        let text = RuleBook.rule(id).map(HelpTopic.describe) ?? ""
        #expect(text.hasPrefix("\(id): ") && text.contains("What to do"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }
}
