import Foundation
import MailTapAnalysis
import MailTapCore
import MailTapExport
import Testing

/// The findings as SARIF 2.1.0, held against the schema.
@Suite struct SARIFTests {
    private func log(_ session: Session) throws -> Any {
        var out: [UInt8] = []
        var exporter = ExportFormat.sarif.makeExporter(ExportOptions(version: "1.2.3"))
        exporter.begin(into: &out)
        exporter.session(ExportItem(session: session), into: &out)
        exporter.end(into: &out)
        return try JSONSerialization.jsonObject(with: Data(out))
    }

    /// One finding of each rule.
    private var everything: Session {
        var session = Samples.smtp
        session.info.source = "a file with a space.pcap"
        session.findings = RuleBook.all.map { rule in
            Finding(
                rule: rule.id, aspect: rule.aspect, severity: rule.severity, side: rule.side,
                exchange: rule.side == nil ? nil : 1, text: "found \u{1B}[2J", reference: rule.reference)
        }
        return session
    }

    @Test func everyRuleFitsTheSchema() throws {
        let schema = try JSONSchema.fixture("sarif-2.1.0-part.schema.json")
        #expect(schema.problems(with: try log(everything)) == [])
    }

    @Test func noFindingFitsTheSchemaToo() throws {
        var session = Samples.smtp
        session.findings = []
        let schema = try JSONSchema.fixture("sarif-2.1.0-part.schema.json")
        #expect(schema.problems(with: try log(session)) == [])
    }

    @Test func theSchemaRefusesWhatItShould() throws {
        let schema = try JSONSchema.fixture("sarif-2.1.0-part.schema.json")
        #expect(schema.problems(with: ["version": "2.0.0", "runs": [] as [Any]]) == ["/version: none of the values"])
        #expect(schema.problems(with: ["version": "2.1.0"]) == ["/: runs is missing"])
        let bad: [String: Any] = [
            "version": "2.1.0", "runs": [["tool": ["driver": ["name": 1]], "x": 1] as [String: Any]],
        ]
        #expect(
            schema.problems(with: bad).sorted() == ["/runs/0/tool/driver/name: no string", "/runs/0: x is not known"])
    }

    @Test func resultsNameTheirRuleAndPlace() throws {
        let root = try #require(try log(everything) as? [String: Any])
        let run = try #require((root["runs"] as? [[String: Any]])?.first)
        let results = try #require(run["results"] as? [[String: Any]])
        let driver = (run["tool"] as? [String: Any])?["driver"] as? [String: Any]
        let rules = try #require(driver?["rules"] as? [[String: Any]])
        #expect(results.count == RuleBook.all.count && rules.count == results.count)
        for result in results {
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(rules[index]["id"] as? String == result["ruleId"] as? String)
        }
        let location = (results.first?["locations"] as? [[String: Any]])?.first
        let artifact = (location?["physicalLocation"] as? [String: Any])?["artifactLocation"] as? [String: Any]
        #expect(artifact?["uri"] as? String == "a%20file%20with%20a%20space.pcap")
        let message = (results.first?["message"] as? [String: Any])?["text"] as? String
        #expect(message?.unicodeScalars.contains("\u{1B}") == false)
    }
}

/// As much of JSON Schema as the fixtures use.
struct JSONSchema {
    private let root: [String: Any]

    static func fixture(_ name: String) throws -> JSONSchema {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures").appendingPathComponent(name)
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
        return JSONSchema(root: try #require(object as? [String: Any]))
    }

    /// What is wrong with a value, each with its place.
    func problems(with value: Any) -> [String] { problems(value, root, "") }

    private func problems(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        let place = path.isEmpty ? "/" : path
        if let name = schema["$ref"] as? String {
            guard let definition = (root["definitions"] as? [String: Any])?[name] as? [String: Any] else {
                return ["\(place): the schema lacks \(name)"]
            }
            return problems(value, definition, path)
        }
        if let allowed = schema["enum"] as? [String], !allowed.contains(value as? String ?? "") {
            return ["\(place): none of the values"]
        }
        switch schema["type"] as? String {
        case "string": return value is String ? [] : ["\(place): no string"]
        case "boolean": return value is Bool ? [] : ["\(place): no boolean"]
        case "integer":
            guard let number = value as? Int, number >= schema["minimum"] as? Int ?? .min else {
                return ["\(place): no such number"]
            }
            return []
        case "array":
            guard let values = value as? [Any] else { return ["\(place): no array"] }
            let items = schema["items"] as? [String: Any] ?? [:]
            return values.enumerated().flatMap { problems($1, items, "\(path)/\($0)") }
        case "object":
            guard let values = value as? [String: Any] else { return ["\(place): no object"] }
            return objectProblems(values, schema, path)
        default: return []
        }
    }

    private func objectProblems(_ values: [String: Any], _ schema: [String: Any], _ path: String) -> [String] {
        let place = path.isEmpty ? "/" : path
        let known = schema["properties"] as? [String: Any] ?? [:]
        var found = (schema["required"] as? [String] ?? []).filter { values[$0] == nil }.map {
            "\(place): \($0) is missing"
        }
        for (key, value) in values {
            if let inner = known[key] as? [String: Any] {
                found += problems(value, inner, "\(path)/\(key)")
            } else if schema["additionalProperties"] as? Bool == false {
                found.append("\(place): \(key) is not known")
            }
        }
        return found
    }
}
