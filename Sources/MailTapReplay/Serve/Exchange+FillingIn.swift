import MailTapAnalysis
import MailTapCore

extension Exchange {
    /// Puts something in the place of each pattern of the replies, as somebody has to say something.
    mutating func fillIn() {
        if let filled = reply?.filledIn { reply = filled }
        furtherReplies = furtherReplies.map(\.filledIn)
        data = data?.filter { !$0.isAnyLines }.map(\.filledIn)
    }
}

extension Reply {
    fileprivate var filledIn: Reply {
        guard acceptable != nil || lines.contains(where: { !$0.patterns.isEmpty }) else { return self }
        var reply = self
        reply.acceptable = nil
        reply.lines = WireLines(lines.filter { !$0.isAnyLines }.map(\.filledIn))
        // A reply has a line at least.
        if reply.lines.isEmpty { reply.lines = [WireText([])] }
        return reply
    }
}

extension WireText {
    fileprivate var filledIn: WireText {
        guard !patterns.isEmpty else { return self }
        var octets = octets
        for place in patterns.reversed() where place.range.upperBound <= octets.count {
            let text =
                switch place.pattern.kind {
                case .any, .lines, .codes: "ok"
                case .word, .regex: "recorded"
                case .number: "1"
                }
            octets.replaceSubrange(place.range, with: text.utf8)
        }
        return WireText(octets)
    }
}
