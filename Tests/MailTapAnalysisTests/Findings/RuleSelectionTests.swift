import MailTapAnalysis
import MailTapCore
import Testing

@Suite struct RuleSelectionTests {
    private static let findings = ["smtp.bare-lf", "smtp.bare-cr", "pop3.bare-lf"].map {
        Finding(
            rule: $0, aspect: .syntax, severity: .error, side: .client, exchange: 1, text: "x", reference: "RFC 5321")
    }

    private func rules(_ selection: RuleSelection) -> [String] { selection.apply(to: Self.findings).map(\.rule) }

    @Test func namesAndPrefixesChoose() throws {
        #expect(rules(RuleSelection()).count == 3)
        #expect(try rules(RuleSelection(only: ["smtp.*"], ignoring: [])) == ["smtp.bare-lf", "smtp.bare-cr"])
        #expect(try rules(RuleSelection(only: [], ignoring: ["smtp.bare-lf,pop3.bare-lf"])) == ["smtp.bare-cr"])
        #expect(try rules(RuleSelection(only: ["smtp.*"], ignoring: ["smtp.bare-cr"])) == ["smtp.bare-lf"])
    }

    @Test func aFileChangesSeverities() throws {
        var selection = RuleSelection()
        try selection.add(
            rulesFile: "# ours\nsmtp.* = note\nsmtp.bare-cr = warning # later lines win\n\npop3.bare-lf off\n")
        let found = selection.apply(to: Self.findings)
        #expect(found.map(\.rule) == ["smtp.bare-lf", "smtp.bare-cr"])
        #expect(found.map(\.severity) == [.note, .warning])
    }

    @Test func filesOfOtherSystemsAreRead() throws {
        var selection = RuleSelection()
        try selection.add(
            rulesFile: "\u{FEFF}SMTP.* = WARNING\r\n\r\npop3.bare-lf=Off\r\nsmtp.bare-cr=note\rsmtp.no-quit off")
        let found = selection.apply(to: Self.findings)
        #expect(found.map(\.rule) == ["smtp.bare-lf", "smtp.bare-cr"])
        #expect(found.map(\.severity) == [.warning, .note])
        do {
            try selection.add(rulesFile: "smtp.* = note\r\n\r\nsmtp.* = loud\r\n")
            Issue.record("it was read")
        } catch {
            #expect(error.problem.hasPrefix("line 3: "))
        }
    }

    @Test(arguments: ["smtp.bare-lf", "smtp.nonsense = note", "smtp.bare-lf = loud", "a b c"])
    func aLineThatCannotBeReadIsNamed(_ line: String) {
        var selection = RuleSelection()
        do {
            try selection.add(rulesFile: "smtp.* = note\n\(line)\n")
            Issue.record("\(line) was read")
        } catch {
            #expect(error.problem.hasPrefix("line 2: "))
        }
    }

    @Test func aPatternThatFitsNothingIsRefused() {
        #expect(throws: RuleSelectionError.self) { try RuleSelection(only: ["smtp.nonsense"], ignoring: []) }
        #expect(throws: RuleSelectionError.self) { try RuleSelection(only: [], ignoring: ["ftp.*"]) }
    }
}
