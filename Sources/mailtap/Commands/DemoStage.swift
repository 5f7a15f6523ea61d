import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Where the demo shows its steps.
final class Stage {
    private var out: StandardOutput
    private let color: Bool

    init(color: Bool) throws {
        out = try StandardOutput()
        self.color = color
    }

    func title(_ text: String) throws {
        try out.print(color ? "\n\u{1B}[1m\(text)\u{1B}[0m\n" : "\n\(text)\n")
        try flush()
    }

    func command(_ text: String) throws {
        try out.print(color ? "\u{1B}[2m$\u{1B}[0m \(text)" : "$ \(text)")
    }

    func print(_ text: String) throws {
        try out.print(text.last == "\n" ? String(text.dropLast()) : text)
        try flush()
    }

    func flush() throws { try out.flush() }
    func end() throws { try out.flush() }

    /// Lists a recording, and gives its sessions.
    func list(_ path: String, _ options: ExportOptions, _ reader: inout InputReader) throws -> [ExportItem] {
        var list = SessionList(.text, options)
        var wishes = SessionGatherer.Wishes()
        wishes.keepsTraces = true
        wishes.options.keepsContent = true
        let found = Found()
        let gatherer = SessionGatherer(wishes) { found.items.append($0) }
        reader.read([path], into: gatherer)
        try gatherer.finish()
        try out.append { list.begin(into: &$0) }
        for item in found.items { try out.append { list.session(item, into: &$0) } }
        try out.append { list.end(into: &$0) }
        try flush()
        return found.items
    }

    /// The first lines of a session's dialogue file.
    func excerpt(_ item: ExportItem, lines: Int) throws {
        var text: [UInt8] = []
        var export = DialogueExport()
        export.begin(into: &text)
        export.session(item, into: &text)
        let shown = text.split(separator: 10, omittingEmptySubsequences: false).prefix(lines)
        try out.append { out in
            for line in shown { out += line + [10] }
            out += Array("…\n".utf8)
        }
        try flush()
    }

    /// What `check` finds.
    func findings(_ items: [ExportItem]) throws {
        var report = FindingsReport(color: color, width: Terminal.width)
        for item in items { report.add(item.session) }
        try out.append { report.write(into: &$0) }
        try flush()
    }

    /// Writes the page of `--format html`.
    func page(_ items: [ExportItem], _ path: String, _ options: ExportOptions) throws {
        var file = try StandardOutput(path: path)
        var export = ExportFormat.html.makeExporter(options)
        try file.append { export.begin(into: &$0) }
        for item in items { try file.append { export.session(item, into: &$0) } }
        try file.append { export.end(into: &$0) }
        try file.flush()
    }

    /// The envelope and the beginning of the mail, as the redacted recording has them.
    func redacted(_ item: ExportItem) throws {
        guard let trace = item.trace else { return }
        var redactor = Redactor.withRandomKey()
        var text: [UInt8] = []
        var export = DialogueExport()
        export.session(ExportItem(session: item.session, trace: redactor.redact(trace)), into: &text)
        let lines = text.split(separator: 10, omittingEmptySubsequences: false)
            .drop { !String(decoding: $0, as: UTF8.self).contains("C: MAIL") }
        try out.append { out in
            for line in lines.prefix(12) { out += line + [10] }
            out += Array("…\n".utf8)
        }
        try flush()
    }

    /// What to try next.
    func next(_ path: String) throws {
        try title("What to try next")
        for line in [
            "mailtap analyze \(path)", "mailtap analyze \(path) --full", "mailtap check \(path) --fail-on warning",
            "mailtap export \(path) --format eml -o messages", "tshark -r \(path)",
            "mailtap proxy 2525=smtp://YOUR-SERVER --record today.mailtap",
        ] { try command(line) }
        try flush()
    }

    private final class Found { var items: [ExportItem] = [] }
}
