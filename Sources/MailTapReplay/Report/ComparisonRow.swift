/// One line of a comparison: what was expected on the left, what came on the right.
struct ComparisonRow: Equatable {
    /// How the two compare; the marks are those of `diff --side-by-side`, and one more.
    enum Kind: Character, Equatable {
        /// Both say the same.
        case same = " "
        /// They differ, and that counts.
        case changed = "|"
        /// Only the left side has it, and that counts.
        case gone = "<"
        /// Only the right side has it, and that counts.
        case new = ">"
        /// They differ in what does not count.
        case free = "~"
        /// Lines that are not shown; the left side says what.
        case fold = "."
    }

    /// How they compare.
    var kind: Kind
    /// What was expected; nil for nothing.
    var left: String?
    /// What came; nil for nothing.
    var right: String?

    /// A row.
    init(_ kind: Kind, _ left: String?, _ right: String?) {
        self.kind = kind
        self.left = left
        self.right = right
    }

    /// Whether it counts.
    var counts: Bool { [.changed, .gone, .new].contains(kind) }

    /// The rows, long stretches without a difference folded.
    ///
    /// - Parameter kept: rows that stay at each end of such a stretch.
    static func folding(_ rows: [ComparisonRow], keeping kept: Int = 2) -> [ComparisonRow] {
        var result: [ComparisonRow] = []
        var quiet: [ComparisonRow] = []
        func close() {
            if quiet.count > 2 * kept + 1 {
                result += quiet.prefix(kept)
                result.append(ComparisonRow(.fold, "… \(quiet.count - 2 * kept) lines", nil))
                result += quiet.suffix(kept)
            } else {
                result += quiet
            }
            quiet = []
        }
        for row in rows {
            if row.counts || row.kind == .fold {
                close()
                result.append(row)
            } else {
                quiet.append(row)
            }
        }
        close()
        return result
    }
}
