/// Which session of one list stands for which of another, so that one that is missing does not shift all behind it.
///
/// Sessions keep their order as far as they can; what is left over is paired with what is most like it anywhere, as
/// sessions that ran at once may begin in any order.
struct SessionPairing {
    /// A pair, or a session that has no counterpart; indices.
    typealias Pair = (expected: Int?, came: Int?)

    /// Likeness, out of 1000, from which on sessions in the same place are taken for each other, and anywhere.
    private static let inPlace = 300, anywhere = 600
    /// Above this many cells only sessions that are alike in all are paired by likeness, the others by position.
    private static let cellLimit = 1_500_000

    private let expected: [SessionFingerprint]
    private let came: [SessionFingerprint]

    static func pairs(_ expected: [RecordedSession], _ came: [RecordedSession]) -> [Pair] {
        // Two sessions alone are meant to be compared, however unlike they are.
        if expected.count == 1, came.count == 1 { return [(0, 0)] }
        let pairing = SessionPairing(
            expected: expected.map { SessionFingerprint($0) }, came: came.map { SessionFingerprint($0) })
        return pairing.inOrder(pairing.pairingRest(pairing.aligned()))
    }

    /// Counterparts: equal ends, then what is alike in all and like nothing else, then the best alignment of the rest.
    private func aligned() -> [Int: Int] {
        var found: [Int: Int] = [:]
        var start = 0
        while start < min(expected.count, came.count), expected[start].hash == came[start].hash {
            found[start] = start
            start += 1
        }
        var (rows, columns) = (start..<expected.count, start..<came.count)
        while let row = rows.last, let column = columns.last, expected[row].hash == came[column].hash {
            found[row] = column
            rows = rows.dropLast()
            columns = columns.dropLast()
        }
        pairUnique(rows, columns, into: &found)
        let taken = Set(found.values)
        let (left, right) = (rows.filter { found[$0] == nil }, columns.filter { !taken.contains($0) })
        let (cells, overflow) = (left.count + 1).multipliedReportingOverflow(by: right.count + 1)
        if overflow || cells > Self.cellLimit {
            pairEqual(left, right, into: &found)
        } else {
            align(left, right, into: &found)
        }
        return found
    }

    private func pairUnique(_ rows: Range<Int>, _ columns: Range<Int>, into found: inout [Int: Int]) {
        let left = Dictionary(grouping: rows) { expected[$0].hash }
        let right = Dictionary(grouping: columns) { came[$0].hash }
        for (hash, places) in left {
            guard places.count == 1, let row = places.first, let others = right[hash], others.count == 1 else {
                continue
            }
            found[row] = others[0]
        }
    }

    private func align(_ rows: [Int], _ columns: [Int], into found: inout [Int: Int]) {
        let places = Places(found, expected: expected.count, came: came.count)
        let width = columns.count + 1
        var scores = [Double](repeating: 0, count: rows.count * columns.count)
        // best[r * width + c]: the most that rows r... and columns c... can score.
        var best = [Double](repeating: 0, count: (rows.count + 1) * width)
        for r in rows.indices.reversed() {
            let above = (r + 1) * width
            for c in columns.indices.reversed() {
                let likeness = expected[rows[r]].likeness(to: came[columns[c]])
                let isEnough =
                    likeness >= Self.anywhere || likeness >= Self.inPlace && places.areSame(rows[r], columns[c])
                // One pair that is alike in all is worth more than two that are half so.
                let score = isEnough ? Double(likeness * likeness * likeness) : 0
                scores[r * columns.count + c] = score
                best[r * width + c] = max(
                    score > 0 ? score + best[above + c + 1] : 0, best[above + c], best[r * width + c + 1])
            }
        }
        var (r, c) = (0, 0)
        while r < rows.count, c < columns.count {
            let score = scores[r * columns.count + c]
            if score > 0, best[r * width + c] == score + best[(r + 1) * width + c + 1] {
                found[rows[r]] = columns[c]
                (r, c) = (r + 1, c + 1)
            } else if best[r * width + c] == best[(r + 1) * width + c] {
                r += 1
            } else {
                c += 1
            }
        }
    }

    /// Whether two sessions stand between the same ones that are paired already.
    private struct Places {
        /// For each session the counterpart of the last paired one before it and of the first behind it; -1 for none.
        private var before: [Int], behind: [Int]
        private var cameBefore: [Int], cameBehind: [Int]

        init(_ found: [Int: Int], expected: Int, came: Int) {
            let taken = Set(found.values)
            var last = -1
            before = (0..<expected).map { index in
                defer { last = found[index] ?? last }
                return last
            }
            last = -1
            behind = (0..<expected).reversed().map { index in
                defer { last = found[index] ?? last }
                return last
            }.reversed()
            last = -1
            cameBefore = (0..<came).map { index in
                defer { last = taken.contains(index) ? index : last }
                return last
            }
            last = -1
            cameBehind = (0..<came).reversed().map { index in
                defer { last = taken.contains(index) ? index : last }
                return last
            }.reversed()
        }

        func areSame(_ row: Int, _ column: Int) -> Bool {
            before[row] == cameBefore[column] && behind[row] == cameBehind[column]
        }
    }

    /// Very long lists: what is alike in all is paired in order, then what is left by position.
    private func pairEqual(_ rows: [Int], _ columns: [Int], into found: inout [Int: Int]) {
        var free: [Int: [Int]] = [:]
        for column in columns.reversed() { free[came[column].hash, default: []].append(column) }
        for row in rows { if let column = free[expected[row].hash]?.popLast() { found[row] = column } }
        let taken = Set(found.values)
        let pairs = zip(rows.filter { found[$0] == nil }, columns.filter { !taken.contains($0) })
        for (row, column) in pairs where expected[row].likeness(to: came[column]) > 0 { found[row] = column }
    }

    /// Pairs what is left over with what is most like it, wherever it stands.
    private func pairingRest(_ found: [Int: Int]) -> [Int: Int] {
        let taken = Set(found.values)
        let rows = expected.indices.filter { found[$0] == nil }
        let columns = came.indices.filter { !taken.contains($0) }
        let (cells, overflow) = rows.count.multipliedReportingOverflow(by: columns.count)
        guard cells > 0, !overflow, cells <= Self.cellLimit else { return found }
        var candidates: [(likeness: Int, row: Int, column: Int)] = []
        for row in rows {
            for column in columns {
                let likeness = expected[row].likeness(to: came[column])
                if likeness >= Self.anywhere { candidates.append((likeness, row, column)) }
            }
        }
        candidates.sort { ($1.likeness, $0.row, $0.column) < ($0.likeness, $1.row, $1.column) }
        var all = found
        var used: Set<Int> = []
        for candidate in candidates where all[candidate.row] == nil && !used.contains(candidate.column) {
            all[candidate.row] = candidate.column
            used.insert(candidate.column)
        }
        return all
    }

    /// All sessions in the order of what was expected; additional ones where they came.
    private func inOrder(_ found: [Int: Int]) -> [Pair] {
        let taken = Set(found.values)
        var extra = came.indices.filter { !taken.contains($0) }[...]
        var pairs: [Pair] = []
        for index in expected.indices {
            let counterpart = found[index]
            while let first = extra.first, let counterpart, first < counterpart {
                pairs.append((nil, first))
                extra = extra.dropFirst()
            }
            pairs.append((index, counterpart))
        }
        return pairs + extra.map { (nil, $0) }
    }
}
