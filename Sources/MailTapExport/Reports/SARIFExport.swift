import MailTapAnalysis
import MailTapCore

/// `sarif`: the findings as a SARIF 2.1.0 log of one run.
public struct SARIFExport: Exporter {
    private let version: String
    private var isFirst = true
    /// Rules of the findings so far, in the order in which they came.
    private var rules: [String] = []

    /// A log.
    public init(_ options: ExportOptions = ExportOptions()) { version = options.version }

    /// Writes what stands before the first session.
    public mutating func begin(into out: inout [UInt8]) {
        out.append(
            #"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"results":["#)
    }

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        for finding in item.session.findings {
            out.append(isFirst ? "\n" : ",\n")
            isFirst = false
            if !rules.contains(finding.rule) { rules.append(finding.rule) }
            append(finding, of: item.session, to: &out)
        }
    }

    /// Writes what stands behind the last session.
    public mutating func end(into out: inout [UInt8]) {
        out.append("],\n\"tool\":{\"driver\":{\"name\":\"MailTap\",\"version\":")
        out.append(json: version)
        out.append(",\"rules\":[")
        for (index, rule) in rules.enumerated() {
            if index > 0 { out.append(",") }
            out.append("\n{\"id\":")
            out.append(json: rule)
            if let known = RuleBook.rule(rule) { append(known, to: &out) }
            out.append("}")
        }
        out.append("]}}}]}\n")
    }

    /// What the catalogue says of a rule.
    private func append(_ rule: Rule, to out: inout [UInt8]) {
        out.append(",\"shortDescription\":{\"text\":")
        out.append(json: rule.title)
        out.append("},\"fullDescription\":{\"text\":")
        out.append(json: rule.explanation)
        out.append("},\"help\":{\"text\":")
        out.append(json: "\(rule.remedy) See \(rule.reference).")
        out.append("},\"defaultConfiguration\":{\"level\":")
        out.append(json: rule.severity.rawValue)
        out.append("},\"properties\":{\"tags\":[")
        out.append(json: rule.aspect.rawValue)
        out.append("],\"side\":")
        out.append(json: rule.side.map { $0 == .client ? "client" : "server" })
        out.append(",\"reference\":")
        out.append(json: rule.reference)
        out.append("}")
    }

    private func append(_ finding: Finding, of session: Session, to out: inout [UInt8]) {
        out.append("{\"ruleId\":")
        out.append(json: finding.rule)
        if let index = rules.firstIndex(of: finding.rule) {
            out.append(",\"ruleIndex\":")
            out.append(json: index)
        }
        out.append(",\"level\":")
        out.append(json: finding.severity.rawValue)
        out.append(",\"message\":{\"text\":")
        out.append(json: VisibleText.of(finding.text))
        out.append("},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":")
        out.append(json: Self.uri(session.info.source))
        out.append("}},\"logicalLocations\":[{\"fullyQualifiedName\":")
        out.append(json: "session \(session.number)" + (finding.exchange.map { "/exchange \($0)" } ?? ""))
        out.append("}]}],\"properties\":{\"session\":")
        out.append(json: session.number)
        if let exchange = finding.exchange {
            out.append(",\"exchange\":")
            out.append(json: exchange)
        }
        out.append(",\"aspect\":")
        out.append(json: finding.aspect.rawValue)
        out.append(",\"side\":")
        out.append(json: finding.side.map { $0 == .client ? "client" : "server" })
        out.append(",\"reference\":")
        out.append(json: finding.reference)
        out.append("}}")
    }

    /// A path as a relative or absolute URI reference (RFC 3986): all but unreserved characters and `/` in percent form.
    private static func uri(_ path: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for octet in path.utf8 {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
                out.append(octet)
            default: out += [UInt8(ascii: "%"), hex[Int(octet >> 4)], hex[Int(octet & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
