import Foundation
import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapExport

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ReportTests {
    @Test func `SARIF holds each finding and its rule`() throws {
        var other = Samples.smtp
        other.number = 2
        other.info.source = "a b/ü.pcap"
        let text = Samples.export(
            SARIFExport(ExportOptions(version: "1.2")),
            [Samples.smtp, other, Samples.pop3].map { ExportItem(session: $0) })
        let log = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(log["version"] as? String == "2.1.0")
        let run = try #require((log["runs"] as? [[String: Any]])?.first)
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(results.map { $0["ruleId"] as? String } == ["smtp.bare-lf", "smtp.bare-lf"])
        #expect(results.map { $0["level"] as? String } == ["error", "error"])
        #expect(text.contains(#""uri":"a%20b/%C3%BC.pcap""#))
        let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
        #expect((driver["rules"] as? [[String: Any]])?.map { $0["id"] as? String } == ["smtp.bare-lf"])
        let empty = Samples.export(SARIFExport(), [])
        #expect((try JSONSerialization.jsonObject(with: Data(empty.utf8)) as? [String: Any]) != nil)
    }

    private var outcomes: [TestOutcome] {
        [Samples.smtp, Samples.pop3, Samples.hostile].map { TestOutcome($0, failingFrom: .error) }
            + [TestOutcome(suite: "b", name: "x # y \u{1B}", skipped: "other protocol")]
    }

    @Test func `JUnit counts and escapes`() throws {
        var out: [UInt8] = []
        TestReportFormat.junit.append(outcomes, name: "mailtap check", to: &out)
        let document = try XMLDocument(data: Data(out))
        #expect(try document.nodes(forXPath: "//testcase").count == 4)
        #expect(try document.nodes(forXPath: "//failure[@type='smtp.bare-lf']").count == 1)
        #expect(try document.nodes(forXPath: "/testsuites[@tests='4' and @failures='1' and @skipped='1']").count == 1)
        #expect(try document.nodes(forXPath: "//testsuite").count == 3)
    }

    @Test func `TAP numbers its lines`() {
        var out: [UInt8] = []
        TestReportFormat.tap.append(outcomes, name: "", to: &out)
        let lines = String(decoding: out, as: UTF8.self).split(separator: "\n")
        #expect(lines.prefix(2) == ["TAP version 13", "1..4"])
        #expect(
            lines.filter { $0.hasPrefix("ok ") || $0.hasPrefix("not ok ") }.map { $0.prefix { $0 != "-" } } == [
                "not ok 1 ", "ok 2 ", "ok 3 ", "ok 4 ",
            ])
        #expect(lines.last == ##"ok 4 - b: x \# y ^[ # SKIP other protocol"##)
    }

    @Test func `what is below the threshold passes`() {
        var session = Samples.smtp
        session.findings[0].severity = .warning
        #expect(TestOutcome(session, failingFrom: .error).failures.isEmpty)
        #expect(TestOutcome(session, failingFrom: .note).failures.map(\.kind) == ["smtp.bare-lf"])
    }
}
