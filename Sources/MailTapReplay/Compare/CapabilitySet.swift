import MailTapAnalysis
import MailTapCore

/// What a server says it can do, as a set: neither order nor case counts.
struct CapabilitySet {
    /// Keywords in capitals, with their parameters in capitals; mechanisms sorted.
    private(set) var parameters: [String: String] = [:]
    /// Lines that a dialogue file lets vary; nil where there are none.
    private var open: ExpectedLines?
    /// Those lines as they are written.
    private var openLines: [String] = []

    /// The capabilities of an EHLO, LHLO or CAPA exchange that succeeded; nil for any other.
    init?(_ exchange: Exchange, without normalizers: Set<Normalizer.Builtin>) {
        guard let verb = exchange.command?.verb, let reply = exchange.reply, reply.status.isPositive else { return nil }
        let lines: [WireText]
        switch verb {
        // A server that says nothing but `{lines}` may say anything.
        case "EHLO", "LHLO":
            lines = reply.lines.first?.isAnyLines == true ? reply.lines.array : Array(reply.lines.dropFirst())
        case "CAPA": lines = exchange.data ?? []
        default: return nil
        }
        let varying = lines.filter { !$0.patterns.isEmpty }
        if !varying.isEmpty { open = ExpectedLines(varying, ignoringCase: true) }
        openLines = varying.filter { !$0.isAnyLines }.map { $0.text().text }
        for line in lines where line.patterns.isEmpty {
            let words = line.text().text.uppercased().split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let first = words.first else { continue }
            var keyword = String(first)
            var values = words.dropFirst().map(String.init)
            // Servers of the time before RFC 2554 wrote "AUTH=PLAIN"; both lines often stand side by side.
            if keyword.hasPrefix("AUTH=") {
                values.insert(String(keyword.dropFirst(5)), at: 0)
                keyword = "AUTH="
            }
            if ["AUTH", "AUTH=", "SASL", "XCLIENT", "XFORWARD"].contains(keyword) { values.sort() }
            if keyword == "IMPLEMENTATION", normalizers.contains(.hosts) { values = [] }
            parameters[keyword, default: ""] = values.joined(separator: " ")
        }
    }

    /// Takes the offer of TLS away.
    mutating func removeTLS() {
        parameters["STARTTLS"] = nil
        parameters["STLS"] = nil
    }

    /// One entry for each capability that differs, by keyword.
    func changes(to other: CapabilitySet) -> [(expected: String, came: String, why: String)] {
        var changes: [(expected: String, came: String, why: String)] = []
        var matched = 0
        for keyword in Set(parameters.keys).union(other.parameters.keys).sorted() {
            let before = line(keyword), after = other.line(keyword)
            guard before != after else { continue }
            switch (before, after) {
            case (let before?, nil): changes.append((before, "", "the capability \(keyword) is gone"))
            case (nil, let after?):
                if open?.matchesPattern(after) ?? false {
                    matched += 1
                } else if !(open?.allowsMore ?? false) {
                    changes.append(("", after, "the capability \(keyword) is new"))
                }
            case (let before, let after):
                changes.append((before ?? "", after ?? "", "the capability \(keyword) has other parameters"))
            }
        }
        if matched < openLines.count {
            changes.append(
                (openLines.joined(separator: ", "), "", "\(matched) capabilities match these, not \(openLines.count)"))
        }
        return changes
    }

    private func line(_ keyword: String) -> String? {
        parameters[keyword].map { $0.isEmpty ? keyword : "\(keyword) \($0)" }
    }
}
