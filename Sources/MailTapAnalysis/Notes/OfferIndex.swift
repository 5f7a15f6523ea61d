/// What an answer with unusually many lines offers, read once and found by keyword.
///
/// Rules ask at every command: an answer of thousands of lines would be read thousands of times.
struct OfferIndex: Sendable, Equatable {
    /// The first of each keyword, in the order of the lines; behind AUTH and SASL the mechanisms of all lines.
    private(set) var capabilities: [Capability] = []
    private var places: [String: Int] = [:]
    /// The login mechanisms behind AUTH or SASL, in capitals.
    private var mechanisms: [String: Set<String>] = [:]

    init(_ lines: some Sequence<Capability>) {
        for capability in lines {
            let keyword = capability.keyword
            let place = places[keyword] ?? capabilities.count
            if place == capabilities.count {
                places[keyword] = place
                capabilities.append(capability)
            }
            guard keyword == "AUTH" || keyword == "SASL" else { continue }
            if mechanisms[keyword] == nil { capabilities[place].arguments = [] }
            for name in capability.arguments.map({ $0.uppercased() })
            where mechanisms[keyword, default: []].insert(name).inserted {
                capabilities[place].arguments.append(name)
            }
        }
    }

    /// The capability of a keyword.
    subscript(keyword: String) -> Capability? { places[keyword].map { capabilities[$0] } }

    /// Whether a keyword has a mechanism, which is written in capitals.
    func offers(_ mechanism: String, behind keyword: String) -> Bool {
        mechanisms[keyword]?.contains(mechanism) == true
    }
}
