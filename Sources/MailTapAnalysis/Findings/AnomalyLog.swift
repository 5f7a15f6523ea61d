import MailTapCore

/// What was noticed in a session, in its order.
///
/// A capture may lack millions of octets one by one, and overlap in as many places: those of one exchange stand
/// together, as they do in the finding that comes of them.
struct AnomalyLog: Sendable {
    /// How many of the newest are looked at: two kinds of either side come in turns.
    private static let newest = 4

    private(set) var all: [DialogueAnomaly] = []

    mutating func append(_ anomaly: DialogueAnomaly) {
        guard anomaly.needsNoOctets, let index = all.suffix(Self.newest).lastIndex(where: anomaly.isLike) else {
            all.append(anomaly)
            return
        }
        all[index].further += 1
    }
}

extension DialogueAnomaly {
    /// Whether any number of it come in one exchange without an octet that is kept for each.
    fileprivate var needsNoOctets: Bool {
        switch kind {
        case .gap, .conflict, .dialogue(.afterGap): true
        default: false
        }
    }

    fileprivate func isLike(_ other: DialogueAnomaly) -> Bool {
        exchange == other.exchange && range.side == other.range.side && kind == other.kind
    }
}
