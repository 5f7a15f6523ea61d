import MailTapAnalysis
import MailTapCore

/// What a server says it can do, as a set: neither order nor case counts.
struct CapabilitySet: Equatable {
    /// Keywords in capitals, with their parameters in capitals; mechanisms sorted.
    private(set) var parameters: [String: String] = [:]

    /// The capabilities of an EHLO, LHLO or CAPA exchange that succeeded; nil for any other.
    init?(_ exchange: Exchange, without normalizers: Set<Normalizer.Builtin>) {
        guard let verb = exchange.command?.verb, let reply = exchange.reply, reply.status.isPositive else { return nil }
        let lines: [WireText]
        switch verb {
        case "EHLO", "LHLO": lines = Array(reply.lines.dropFirst())
        case "CAPA": lines = exchange.data ?? []
        default: return nil
        }
        for line in lines {
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

    /// One entry for each capability that differs, by keyword.
    func changes(to other: CapabilitySet) -> [(expected: String, came: String, why: String)] {
        Set(parameters.keys).union(other.parameters.keys).sorted().compactMap { keyword in
            let before = parameters[keyword].map { $0.isEmpty ? keyword : "\(keyword) \($0)" }
            let after = other.parameters[keyword].map { $0.isEmpty ? keyword : "\(keyword) \($0)" }
            guard before != after else { return nil }
            switch (before, after) {
            case (let before?, nil): return (before, "", "the capability \(keyword) is gone")
            case (nil, let after?): return ("", after, "the capability \(keyword) is new")
            case (let before, let after):
                return (before ?? "", after ?? "", "the capability \(keyword) has other parameters")
            }
        }
    }
}
