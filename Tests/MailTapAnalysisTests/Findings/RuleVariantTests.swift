import Foundation
import MailTapCore
import Testing

@testable import MailTapAnalysis

/// A dialogue of Tests/Fixtures/rule-variants.dialogue and what it is to raise, or not to raise.
private struct RuleVariant: CustomTestStringConvertible {
    var rules: [String]
    var isRaised: Bool
    var severity: Severity?
    var title: String
    var dialogue: String

    var testDescription: String { "\(isRaised ? "raises" : "silent") \(rules.joined(separator: " ")): \(title)" }

    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/rule-variants.dialogue")

    /// Each begins with a comment `# raises RULE[=SEVERITY] …: TITLE` or `# silent RULE…: TITLE`.
    static let all: [RuleVariant] = {
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        var variants: [RuleVariant] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let variant = RuleVariant(heading: line) {
                variants.append(variant)
            } else if !variants.isEmpty {
                variants[variants.count - 1].dialogue += line + "\n"
            }
        }
        return variants
    }()

    private init?(heading: Substring) {
        guard heading.hasPrefix("# raises ") || heading.hasPrefix("# silent "), let colon = heading.firstIndex(of: ":")
        else { return nil }
        var rules = heading[..<colon].split(separator: " ").dropFirst(2).map(String.init)
        for (index, rule) in rules.enumerated() {
            guard let equals = rule.firstIndex(of: "=") else { continue }
            severity = Severity(rawValue: String(rule[rule.index(after: equals)...]))
            rules[index] = String(rule[..<equals])
        }
        self.rules = rules
        isRaised = heading.hasPrefix("# raises ")
        title = heading[heading.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        dialogue = ""
    }
}

/// Every form that a breach can take: each is found, and what only looks like one is not.
@Suite struct RuleVariantTests {
    private func findings(_ text: String) -> [Finding] {
        var watch = SessionWatch()
        return DialogueSessions.read(text).flatMap { $0.findings + watch.findings(in: $0) }
    }

    @Test(arguments: RuleVariant.all) fileprivate func isFoundOrNot(_ variant: RuleVariant) {
        let found = findings(variant.dialogue)
        let shown = found.map { "\($0.severity.rawValue) \($0.rule): \($0.text)" }.joined(separator: "\n")
        for rule in variant.rules {
            let isPattern = rule.hasSuffix("*")
            #expect(isPattern || RuleBook.rule(rule) != nil, "there is no rule \(rule)")
            let these = found.filter { RuleSelection.matches(rule, $0.rule) }
            #expect(these.isEmpty != variant.isRaised, "found:\n\(shown)")
            if let severity = variant.severity, variant.isRaised {
                #expect(these.contains { $0.severity == severity }, "found:\n\(shown)")
            }
        }
    }

    @Test func thereAreSome() { #expect(RuleVariant.all.count > 100) }
}
