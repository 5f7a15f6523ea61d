extension ComparisonReport {
    /// Different results of the same session that are kept apart; more are counted with the last.
    private static let variantLimit = 20

    /// Adds a result, counting it with an equal one of the same session.
    ///
    /// - Parameter place: the session's place in what is played.
    mutating func add(_ entry: Entry, at place: Int) {
        let mine = places.indices.filter { places[$0] == place }
        if let same = mine.first(where: { entries[$0].outcome.isAlike(entry.outcome) })
            ?? (mine.count >= Self.variantLimit ? mine.last : nil)
        {
            entries[same].times += 1
            return
        }
        // Results of one session stand together.
        let index = places.lastIndex { $0 <= place }.map { $0 + 1 } ?? 0
        entries.insert(entry, at: index)
        places.insert(place, at: index)
    }
}

extension ComparisonReport.Outcome {
    /// Whether a reader would be told the same.
    fileprivate func isAlike(_ other: Self) -> Bool {
        switch (self, other) {
        case (.skipped(let left), .skipped(let right)), (.failed(let left), .failed(let right)): left == right
        case (.compared(let left), .compared(let right)):
            left.differences == right.differences && left.notes == right.notes
        default: false
        }
    }
}
