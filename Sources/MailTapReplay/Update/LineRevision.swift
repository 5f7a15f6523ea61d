/// How the lines that say a reply become those that say another: what holds stays, and the rest keeps its place.
struct LineRevision {
    /// Above this many cells all lines are taken for changed.
    private static let cellLimit = 4_000_000

    /// What becomes of each old line: nil where it stays, else the lines in its place, none where it goes.
    private(set) var replaced: [Int: [[UInt8]]] = [:]
    /// Lines behind the last old one.
    private(set) var appended: [[UInt8]] = []
    /// Lines that come behind an old one that stays.
    private(set) var following: [Int: [[UInt8]]] = [:]

    /// - Parameters:
    ///   - old: the lines of the file.
    ///   - came: the lines that the server said.
    ///   - isSet: whether their order says nothing.
    ///   - holds: whether an old line stands for one that came, by their places.
    init(_ old: [ExpectedLine], _ came: [CameLine], isSet: Bool, holds: (Int, Int) -> Bool) {
        let pairs = isSet ? Self.setPairs(old, came, holds) : Self.alignment(old.count, came.count, holds)
        let partner = Dictionary(pairs.map { ($0.old, $0.came) }, uniquingKeysWith: { first, _ in first })
        let taken = Set(pairs.map(\.came))
        let absorbs = old.contains(where: \.isAnyLines)
        var fresh = came.indices.filter { !taken.contains($0) }[...]
        // What came before the next line that stays takes the place of what goes.
        for index in old.indices where partner[index] == nil && !old[index].isAnyLines {
            let bound = isSet ? nil : old.indices.dropFirst(index + 1).compactMap { partner[$0] }.first
            let candidate =
                isSet
                ? fresh.first { !old[index].keyword.isEmpty && Self.keyword(came[$0]) == old[index].keyword }
                : fresh.first
            if let candidate, bound.map({ candidate < $0 }) ?? true {
                fresh.removeAll { $0 == candidate }
                replaced[index] = [old[index].rewritten(for: came[candidate])]
            } else {
                replaced[index] = []
            }
        }
        guard !absorbs else { return }
        // New lines stand behind the one that they came behind.
        for index in fresh {
            let before = isSet ? nil : old.indices.last { (partner[$0] ?? .max) < index }
            guard let before, !isSet else {
                appended.append(came[index].line)
                continue
            }
            let isLast = before == old.indices.last
            if isLast {
                appended.append(came[index].line)
            } else {
                following[before, default: []].append(came[index].line)
            }
        }
    }

    private static func keyword(_ line: CameLine) -> String {
        line.text.prefix { $0 != " " && $0 != "=" }.uppercased()
    }

    private static func setPairs(
        _ old: [ExpectedLine], _ came: [CameLine], _ holds: (Int, Int) -> Bool
    ) -> [(old: Int, came: Int)] {
        var free = Array(came.indices)
        var pairs: [(old: Int, came: Int)] = []
        for index in old.indices where !old[index].isAnyLines {
            guard let found = free.first(where: { holds(index, $0) }) else { continue }
            free.removeAll { $0 == found }
            pairs.append((index, found))
        }
        return pairs
    }

    /// The longest common subsequence.
    private static func alignment(
        _ rows: Int, _ columns: Int, _ holds: (Int, Int) -> Bool
    ) -> [(old: Int, came: Int)] {
        let width = columns + 1
        let (cells, overflow) = (rows + 1).multipliedReportingOverflow(by: width)
        guard !overflow, cells <= cellLimit else { return [] }
        var best = [Int32](repeating: 0, count: cells)
        for row in stride(from: rows - 1, through: 0, by: -1) {
            for column in stride(from: columns - 1, through: 0, by: -1) {
                best[row * width + column] =
                    holds(row, column)
                    ? best[(row + 1) * width + column + 1] + 1
                    : max(best[(row + 1) * width + column], best[row * width + column + 1])
            }
        }
        var pairs: [(old: Int, came: Int)] = []
        var (row, column) = (0, 0)
        while row < rows, column < columns {
            if holds(row, column) {
                pairs.append((row, column))
                (row, column) = (row + 1, column + 1)
            } else if best[(row + 1) * width + column] >= best[row * width + column + 1] {
                row += 1
            } else {
                column += 1
            }
        }
        return pairs
    }
}
