import MailTapCore

/// What was counted of all sessions since the start; a value, filled by `TrafficMetrics`.
public struct TrafficCounts: Sendable, Equatable {
    struct SessionKey: Hashable, Sendable {
        var proto: MailProtocol?
        var ending: Ending
    }

    struct ReplyKey: Hashable, Sendable {
        var proto: MailProtocol?
        var verb: ReplyVerb
    }

    var open = 0
    var ended: [SessionKey: UInt64] = [:]
    var clientOctets: UInt64 = 0
    var serverOctets: UInt64 = 0
    var messages: [MailProtocol: UInt64] = [:]
    var replies: [ReplyKey: LatencyHistogram] = [:]
    var findings: [String: UInt64] = [:]

    init() {}

    /// The counters in Prometheus's text format, version 0.0.4, each family with its help.
    public var text: String {
        var text = ""
        Self.family("mailtap_sessions_open", "gauge", "Sessions that are open.", &text)
        text += "mailtap_sessions_open \(open)\n"
        Self.family("mailtap_sessions_total", "counter", "Sessions that ended, by protocol and ending.", &text)
        Self.lines(ended.map { ("protocol=\"\(Self.name($0.proto))\",ending=\"\($0.ending.rawValue)\"", $1) }) {
            text += "mailtap_sessions_total{\($0)} \($1)\n"
        }
        Self.family("mailtap_octets_total", "counter", "Octets received, by the side that sent them.", &text)
        text += "mailtap_octets_total{side=\"client\"} \(clientOctets)\n"
        text += "mailtap_octets_total{side=\"server\"} \(serverOctets)\n"
        Self.family("mailtap_messages_total", "counter", "Messages that were transferred to their end.", &text)
        Self.lines(messages.map { ("protocol=\"\(Self.name($0))\"", $1) }) {
            text += "mailtap_messages_total{\($0)} \($1)\n"
        }
        Self.family(
            "mailtap_reply_seconds", "histogram", "Time from a command to its reply, by protocol and verb.", &text)
        Self.lines(
            replies.map { ("protocol=\"\(Self.name($0.proto))\",verb=\"\($0.verb.label(in: $0.proto))\"", $1) }
        ) { $1.append(name: "mailtap_reply_seconds", labels: $0, to: &text) }
        Self.family(
            "mailtap_findings_total", "counter", "Irregularities that the decoder met, by rule (mailtap help rules).",
            &text)
        Self.lines(findings.map { ("rule=\"\($0)\"", $1) }) { text += "mailtap_findings_total{\($0)} \($1)\n" }
        return text
    }

    /// A family's two lines of comment.
    public static func family(_ name: String, _ type: String, _ help: String, _ text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private static func name(_ proto: MailProtocol?) -> String { proto?.name ?? "unknown" }

    /// In the order of the labels, so that two scrapes can be compared.
    private static func lines<Value>(_ values: [(String, Value)], _ line: (String, Value) -> Void) {
        for (labels, value) in values.sorted(by: { $0.0 < $1.0 }) { line(labels, value) }
    }
}
