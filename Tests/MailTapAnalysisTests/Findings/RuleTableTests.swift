import Foundation
import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapAnalysis

/// A rule's dialogue file in Tests/Fixtures/rules: sessions that raise it, then neighbours that do not.
private struct RuleFixture: CustomTestStringConvertible {
    var rule: String
    var raising: String
    var neighbour: String

    var testDescription: String { rule }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/rules")

    static let all: [RuleFixture] = {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .filter { $0.hasSuffix(".dialogue") }.sorted()
        return names.compactMap { name in
            guard let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8),
                let cut = text.range(of: "# neighbour: not raised\n")
            else { return nil }
            return RuleFixture(
                rule: String(name.dropLast(".dialogue".count)), raising: String(text[..<cut.lowerBound]),
                neighbour: String(text[cut.upperBound...]))
        } + generated
    }()

    /// Those whose dialogues are too big to be kept.
    private static let generated: [RuleFixture] = {
        func mail(_ header: String, _ body: String) -> String {
            """
            S: 220 mx.example.org ESMTP
            C: EHLO client.example.org
            S: 250 mx.example.org
            C: MAIL FROM:<a@example.org>
            S: 250 ok
            C: RCPT TO:<b@example.net>
            S: 250 ok
            C: DATA
            S: 354 go
            C: Date: Mon, 23 Nov 2026 06:00:00 +0000
            C: From: a@example.org
            \(header)
            C:
            \(body)
            C: .
            S: 250 taken
            """
        }
        let field = "C: X-Filler: " + String(repeating: "x", count: 900) + "\n"
        func nested(_ depth: Int) -> String {
            (1..<depth).map { "C: --b\($0 - 1)\nC: Content-Type: multipart/mixed; boundary=b\($0)\nC:" }
                .joined(separator: "\n") + "\nC: text"
        }
        return [
            RuleFixture(
                rule: "message.header-too-long", raising: mail(String(repeating: field, count: 300) + "C: A: b", "C:"),
                neighbour: mail(String(repeating: field, count: 3) + "C: A: b", "C:")),
            RuleFixture(
                rule: "message.too-complex",
                raising: mail("C: Content-Type: multipart/mixed; boundary=b0", nested(70)),
                neighbour: mail("C: Content-Type: multipart/mixed; boundary=b0", nested(3))),
        ]
    }()
}

/// Each rule of the catalogue with a dialogue that raises it and a neighbour that does not.
@Suite struct RuleTableTests {
    /// Short bounds, so that dialogues which go beyond them stay readable.
    private static let limits = Limits(lineLength: 1_100, undecided: 2_000)

    private func findings(_ text: String) -> [Finding] {
        let file = DialogueFileReader.read(Array(text.utf8), source: "fixture")
        #expect(file.errors.isEmpty, "\(file.errors)")
        var watch = SessionWatch()
        var found: [Finding] = []
        for (index, session) in file.sessions.enumerated() {
            let sink = BuilderSink(limits: Self.limits)
            session.trace.play(into: sink)
            guard var built = sink.builder?.session else { continue }
            built.number = index + 1
            found += built.findings + watch.findings(in: built)
        }
        return found
    }

    private final class BuilderSink: TraceSink {
        var builder: SessionBuilder?
        let limits: Limits

        init(limits: Limits) { self.limits = limits }

        func open(_ info: SessionInfo) -> any SessionSink {
            let builder = SessionBuilder(info, limits: limits)
            self.builder = builder
            return builder
        }
    }

    @Test(arguments: RuleFixture.all) fileprivate func isRaised(_ fixture: RuleFixture) {
        let found = findings(fixture.raising)
        guard let finding = found.first(where: { $0.rule == fixture.rule }), let rule = RuleBook.rule(fixture.rule)
        else {
            Issue.record("raised \(found.map(\.rule))")
            return
        }
        #expect(finding.aspect == rule.aspect && finding.reference == rule.reference)
        #expect(!finding.text.isEmpty)
        if let side = rule.side { #expect(finding.side == side) }
    }

    @Test(arguments: RuleFixture.all) fileprivate func isNotRaisedByItsNeighbour(_ fixture: RuleFixture) {
        let found = findings(fixture.neighbour).filter { $0.rule == fixture.rule }
        #expect(found.isEmpty, "\(found.map(\.text))")
    }

    @Test func everyRuleHasItsFixture() {
        let tested = Set(RuleFixture.all.map(\.rule))
        #expect(Set(RuleBook.all.map(\.id)).subtracting(tested).sorted() == [])
        #expect(tested.subtracting(RuleBook.all.map(\.id)).sorted() == [])
    }

    @Test(arguments: RuleBook.all) func isWrittenForAPerson(_ rule: Rule) {
        #expect(rule.id.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "." || $0 == "-" })
        #expect(rule.reference.hasPrefix("RFC "))
        #expect(rule.title.count <= 70 && !rule.title.hasSuffix("."))
        #expect(rule.explanation.hasSuffix(".") && rule.explanation.count >= 40)
        #expect(rule.remedy.hasSuffix(".") || rule.remedy.hasSuffix("?"))
    }
}
