import Synchronization
import Testing

@testable import MailTapAnalysis

/// Regular expressions of `matches`: PCRE2's, bounded, whatever the text.
@Suite struct FilterPatternTests {
    private final class Told: Sendable {
        let sentences = Mutex<[String]>([])
    }

    private func pattern(_ source: String) throws -> FilterPattern { try FilterPattern(source) { _ in } }

    @Test(arguments: [
        ("^(re|fwd):", "RE: lunch"), (#"^\d{3}$"#, "550"), ("(?<=a)b", "xab"), ("NAÏVE", "naïve"), ("^$", ""),
        (#"^\w+$"#, "größe"), ("a(?#comment)b", "ab"), (#"^\Qa.b\E$"#, "a.b"), ("(?-i)A", "A"), (#"(\w)\1"#, "hello"),
        ("^.$", "\u{1F4E7}"), ("", "anything"),
    ]) func finds(_ source: String, _ text: String) throws {
        #expect(try pattern(source).matches(text))
    }

    @Test(arguments: [("^re:", "are: x"), (#"^\d+$"#, "55O"), ("^..$", "é"), ("(?-i)A", "a"), ("x", "")])
    func findsNothing(_ source: String, _ text: String) throws {
        #expect(try !pattern(source).matches(text))
    }

    @Test(arguments: ["(", "[", "a{2,1}", "*", #"\C"#, "(?<n", "(a{60000}){60000}"])
    func whatIsNoneIsRefused(_ source: String) {
        #expect(throws: FilterPattern.Problem.self) { try pattern(source) }
    }

    @Test(arguments: [#"^(\w+\s?)+!$"#, "(a+)+$", "(a|aa)+$", "(.*.*.*)*x$"])
    func aTextThatTakesTooManyStepsIsNoMatchAndToldOnce(_ source: String) throws {
        let told = Told()
        let pattern = try FilterPattern(source) { sentence in told.sentences.withLock { $0.append(sentence) } }
        let text = String(repeating: "a", count: 70) + "x!?"
        #expect(!pattern.matches(text))
        #expect(!pattern.matches(text))
        let sentences = told.sentences.withLock { $0 }
        #expect(sentences.count == 1)
        #expect(sentences.first?.contains("counts as no match") == true)
    }

    @Test func longTextsAreSearchedToTheirEnd() throws {
        let told = Told()
        let pattern = try FilterPattern("need(le|les)$") { sentence in told.sentences.withLock { $0.append(sentence) } }
        #expect(pattern.matches(String(repeating: "nee need needl ", count: 20_000) + "needle"))
        #expect(told.sentences.withLock { $0.isEmpty })
    }

    @Test func oneServesManyThreads() async throws {
        let pattern = try pattern("^(a|b)+c$")
        let found = await withTaskGroup(of: Int.self) { group in
            for number in 0..<8 {
                group.addTask {
                    (0..<500).count { trial in
                        let end = trial % 2 == number % 2 ? "c" : "d"
                        return pattern.matches(String(repeating: "ab", count: 50) + end)
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(found == 2_000)
    }
}
