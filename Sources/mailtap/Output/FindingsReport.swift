import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Findings of all sessions, grouped by rule, the most severe first.
struct FindingsReport {
    private struct Key: Hashable {
        var rule: String
        /// A rule may be graver at one place than at another.
        var severity: Severity
    }

    private struct Group {
        var finding: Finding
        /// Where it was found first.
        var place: String
        var count = 0
        /// Sessions that have it; the number of the last of them.
        var sessions = 0, lastSession = 0

        mutating func count(_ finding: Finding, in session: Int) {
            count += finding.occurrences
            // Sessions come one after another.
            if sessions == 0 || lastSession != session { sessions += 1 }
            lastSession = session
        }
    }

    private let color: Bool
    /// Columns of a line.
    private let width: Int
    private var groups: [Key: Group] = [:]
    private var sessions = 0
    /// Findings that are counted, and not kept one by one.
    private var unlisted = 0

    init(color: Bool, width: Int) {
        self.color = color
        self.width = width
    }

    /// Leaves of a session what a report looks at: the thread that made the rest lets it go at least cost.
    static func reduce(_ session: inout Session) {
        session.messages = []
        session.exchanges = session.exchanges.map { exchange in
            var verbAlone = Exchange()
            verbAlone.command = exchange.command
            verbAlone.command?.line = WireText([])
            return verbAlone
        }
    }

    /// Whether it knows of no session.
    var isEmpty: Bool { sessions == 0 }

    mutating func add(_ session: Session) {
        sessions += 1
        for finding in session.findings {
            unlisted += finding.unlisted
            let key = Key(rule: finding.rule, severity: finding.severity)
            if let index = groups.index(forKey: key) {
                groups.values[index].count(finding, in: session.number)
            } else {
                var group = Group(finding: finding, place: Self.place(finding, session))
                group.count(finding, in: session.number)
                groups[key] = group
            }
        }
    }

    private static func place(_ finding: Finding, _ session: Session) -> String {
        var place = "session \(session.number)"
        if let exchange = finding.exchange {
            place += ", exchange \(exchange)"
            // The verb of a line that may be anything is not quoted.
            if session.exchanges.indices.contains(exchange), let command = session.exchanges[exchange].command,
                command.isKnown
            {
                place += " (\(command.verb))"
            }
        }
        return place + (session.info.source.isEmpty ? "" : " of \(session.info.source)")
    }

    func write(into out: inout [UInt8]) {
        let ordered = groups.values.sorted {
            ($1.finding.severity, $0.finding.rule) < ($0.finding.severity, $1.finding.rule)
        }
        for group in ordered {
            let finding = group.finding
            let mark = "\(finding.severity.rawValue.padded(to: 7)) \(finding.rule)"
            let shade = finding.severity == .error ? "31" : finding.severity == .warning ? "33" : "36"
            out += (color ? "\u{1B}[\(shade)m\(mark)\u{1B}[0m" : mark).utf8
            let times =
                group.count == 1
                ? "once in" : "\(group.count) times in \(Self.count(group.sessions, "session")), first in"
            // The place stands in one line where it fits, else in a line of its own.
            let place = "\(times) \(VisibleText.of(group.place))"
            let isWide = VisibleText.columns(of: mark) + 2 + VisibleText.columns(of: place) <= width
            out += (isWide ? "  \(place)\n" : "\n").utf8
            let side = finding.side.map { ", by the \($0)" } ?? ""
            for text in (isWide ? [] : [place]) + [
                VisibleText.of(finding.text), "(\(finding.aspect.rawValue)\(side); \(finding.reference))",
            ] {
                for line in WordWrap.lines(text, width: max(20, width - 8)) { out += "        \(line)\n".utf8 }
            }
        }
        let total = groups.values.reduce(0) { $0 + $1.count }
        let severities = [Severity.error, .warning, .note].compactMap { severity -> String? in
            let count = groups.filter { $0.key.severity == severity }.values.reduce(0) { $0 + $1.count }
            return count == 0 ? nil : Self.count(count, severity.rawValue)
        }
        let parts = severities.count > 1 ? " (\(severities.joined(separator: ", ")))" : ""
        let found = total == 0 ? "no findings" : Self.count(total, "finding")
        out += "\(found)\(parts) in \(Self.count(sessions, "session"))\n".utf8
        if unlisted > 0 {
            out +=
                "\(unlisted) of them are only counted: other formats list the first 1000 of a rule in a session\n".utf8
        }
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
