import Synchronization
import Testing

@testable import MailTapCore

/// Regular expressions: PCRE2's, bounded, whatever the text.
@Suite struct TextPatternTests {
    private final class Told: Sendable {
        let sentences = Mutex<[String]>([])
    }

    private func pattern(_ source: String) throws -> TextPattern { try TextPattern(source, ignoringCase: true) }

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
        #expect(throws: TextPattern.Problem.self) { try pattern(source) }
    }

    @Test(arguments: [#"^(\w+\s?)+!$"#, "(a+)+$", "(a|aa)+$", "(.*.*.*)*x$"])
    func aTextThatTakesTooManyStepsIsNoMatchAndToldOnce(_ source: String) throws {
        let told = Told()
        let pattern = try TextPattern(source, ignoringCase: true) { sentence in
            told.sentences.withLock { $0.append(sentence) }
        }
        let text = String(repeating: "a", count: 70) + "x!?"
        #expect(!pattern.matches(text))
        #expect(!pattern.matches(text))
        let sentences = told.sentences.withLock { $0 }
        #expect(sentences.count == 1)
        #expect(sentences.first?.contains("counts as no match") == true)
    }

    @Test func longTextsAreSearchedToTheirEnd() throws {
        let told = Told()
        let pattern = try TextPattern("need(le|les)$") { sentence in told.sentences.withLock { $0.append(sentence) } }
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

    @Test(arguments: [
        (#"(\d+)-(\d+)"#, "1-2, 33-4 and 5", "{2|1}, {4|33} and 5"), ("x*", "axxb", "{}a{}{}b{}"),
        ("é", "né é", "n{} {}"),
        ("y", "né", "né"), ("", "é", "{}é{}"),
    ]) func replacesEveryMatch(_ source: String, _ text: String, _ expected: String) throws {
        let replaced = try TextPattern(source).replacing(in: text) { match in
            "{" + (1..<max(1, match.groupCount)).reversed().map { match.group($0) ?? "-" }.joined(separator: "|") + "}"
        }
        #expect(replaced == expected)
    }

    @Test func wholeTextsAreAnother() throws {
        let pattern = try TextPattern("a|ab")
        #expect(pattern.matchesWhole("ab") && !pattern.matchesWhole("abc") && pattern.matches("xabc"))
    }

    @Test func aTextOnWhichReplacingTakesTooManyStepsStays() throws {
        let told = Told()
        let pattern = try TextPattern("(a+)+;") { sentence in told.sentences.withLock { $0.append(sentence) } }
        let text = "a; " + String(repeating: "a", count: 70) + "x;"
        #expect(pattern.replacing(in: text) { _ in "" } == text)
        #expect(pattern.hasGivenUp)
        #expect(told.sentences.withLock { $0.count } == 1)
    }

    @Test func manyMatchesThatTakeSomeStepsEachAreReplaced() throws {
        let pattern = try TextPattern("[a-z ]+;")
        let part = String(repeating: "some words ", count: 200)
        let text = String(repeating: part + ";" + part + "1", count: 20)
        let replaced = pattern.replacing(in: text) { _ in "x" }
        #expect(replaced == String(repeating: "x" + part + "1", count: 20))
        #expect(!pattern.hasGivenUp)
    }
}
