import MailTapAnalysis

/// Which exchange of one session stands for which of another: the pairing that keeps the order and matches most.
enum ExchangeAlignment {
    /// A pair, or an exchange that has no counterpart.
    typealias Pair = (expected: Int?, came: Int?)

    /// Above this many cells the middle is paired by position: the table would take too long and too much memory.
    private static let cellLimit = 4_000_000

    /// The pairs where a replay knowingly said more, which is left out, or less, which has no counterpart.
    static func pairs(
        _ expected: [Exchange], _ came: [Exchange], leftOut: Set<Int>, inserted: Set<Int>
    ) -> [Pair] {
        let said = expected.indices.filter { !leftOut.contains($0) }
        let kept = came.indices.filter { !inserted.contains($0) }
        let found = pairs(said.map { expected[$0] }, kept.map { came[$0] })
        var result: [Pair] = []
        var missing = expected.indices.filter { leftOut.contains($0) }[...]
        for pair in found {
            let left = pair.expected.map { said[$0] }
            while let first = missing.first, let left, first < left {
                result.append((first, nil))
                missing = missing.dropFirst()
            }
            result.append((left, pair.came.map { kept[$0] }))
        }
        return result + missing.map { ($0, nil) }
    }

    static func pairs(_ expected: [Exchange], _ came: [Exchange]) -> [Pair] {
        var start = 0
        while start < min(expected.count, came.count), score(expected[start], came[start]) == 3 { start += 1 }
        var ends = (expected.count, came.count)
        while ends.0 > start, ends.1 > start, score(expected[ends.0 - 1], came[ends.1 - 1]) == 3 {
            ends.0 -= 1
            ends.1 -= 1
        }
        var pairs: [Pair] = (0..<start).map { ($0, $0) }
        pairs += middle(expected, came, start..<ends.0, start..<ends.1)
        pairs += zip(ends.0..<expected.count, ends.1..<came.count).map { ($0, $1) }
        return pairs
    }

    /// Commands that mean the same at another place of the same session or mail transaction.
    private static let movable: Set<String> = [
        "RCPT", "VRFY", "NOOP", "CAPA", "STAT", "LIST", "UIDL", "RETR", "TOP", "DELE",
    ]

    /// Commands whose argument says what they are about.
    private static let distinct: Set<String> = ["RCPT", "VRFY", "LIST", "UIDL", "RETR", "TOP", "DELE"]

    /// Also pairs exchanges that only stand at another place: which there are counts, not their order.
    static func pairingMoved(_ pairs: [Pair], _ expected: [Exchange], _ came: [Exchange]) -> [Pair] {
        /// RCPT belongs to its transaction.
        func transactions(_ exchanges: [Exchange]) -> [Int] {
            var count = 0
            return exchanges.map { exchange in
                if exchange.command?.verb == "MAIL" { count += 1 }
                return exchange.command?.verb == "RCPT" ? count : 0
            }
        }
        struct Key: Hashable {
            var command: CommandKey
            var transaction: Int
        }
        let (before, after) = (transactions(expected), transactions(came))
        var extra: [Key: [Int]] = [:]
        // The first of several that say the same comes first.
        for pair in pairs.reversed() where pair.expected == nil {
            guard let index = pair.came, let command = came[index].command, movable.contains(command.verb) else {
                continue
            }
            extra[Key(command: CommandKey(command), transaction: after[index]), default: []].append(index)
        }
        guard !extra.isEmpty else { return pairs }
        var moved: Set<Int> = []
        var result: [Pair] = []
        for pair in pairs {
            guard pair.came == nil, let index = pair.expected, let command = expected[index].command,
                let counterpart = extra[Key(command: CommandKey(command), transaction: before[index])]?.popLast()
            else {
                result.append(pair)
                continue
            }
            moved.insert(counterpart)
            result.append((index, counterpart))
        }
        return result.filter { pair in pair.expected != nil || pair.came.map { !moved.contains($0) } ?? false }
    }

    /// 0: they can't stand for each other; 3: they say the same.
    private static func score(_ left: Exchange, _ right: Exchange) -> Int32 {
        switch (left.command, right.command) {
        case (nil, nil): return 3
        case (let left?, let right?):
            guard left.verb == right.verb else {
                return carriesSameMail(left, right) || left.isHello && right.isHello ? 1 : 0
            }
            if left.line.octets == right.line.octets || CommandKey(left) == CommandKey(right) { return 3 }
            // Two recipients, or two messages, are two exchanges; host names and SASL responses may vary.
            return distinct.contains(left.verb) ? 1 : 2
        default: return 0
        }
    }

    /// Whether both end the transfer of a mail, one by its last chunk and one by a dot.
    private static func carriesSameMail(_ left: Command, _ right: Command) -> Bool {
        func isLast(_ command: Command) -> Bool { command.line.octets.split(separator: 0x20).count > 2 }
        return left.verb == "BDAT" && right.verb == "*data" && isLast(left)
            || left.verb == "*data" && right.verb == "BDAT" && isLast(right)
    }

    private static func middle(
        _ expected: [Exchange], _ came: [Exchange], _ rows: Range<Int>, _ columns: Range<Int>
    ) -> [Pair] {
        let (cells, overflow) = (rows.count + 1).multipliedReportingOverflow(by: columns.count + 1)
        guard !overflow, cells <= cellLimit else { return byPosition(expected, came, rows, columns) }
        let width = columns.count + 1
        // best[r][c]: the most that rows r... and columns c... can score.
        var best = [Int32](repeating: 0, count: cells)
        for row in stride(from: rows.count - 1, through: 0, by: -1) {
            for column in stride(from: columns.count - 1, through: 0, by: -1) {
                let match = score(expected[rows.lowerBound + row], came[columns.lowerBound + column])
                let paired = match > 0 ? match + best[(row + 1) * width + column + 1] : 0
                best[row * width + column] = max(
                    paired, best[(row + 1) * width + column], best[row * width + column + 1])
            }
        }
        var pairs: [Pair] = []
        var row = 0
        var column = 0
        while row < rows.count || column < columns.count {
            guard row < rows.count, column < columns.count else {
                pairs.append(
                    row < rows.count
                        ? (rows.lowerBound + row, nil) : (nil, columns.lowerBound + column))
                if row < rows.count { row += 1 } else { column += 1 }
                continue
            }
            let here = best[row * width + column]
            let match = score(expected[rows.lowerBound + row], came[columns.lowerBound + column])
            if match > 0, here == match + best[(row + 1) * width + column + 1] {
                pairs.append((rows.lowerBound + row, columns.lowerBound + column))
                row += 1
                column += 1
            } else if here == best[(row + 1) * width + column] {
                pairs.append((rows.lowerBound + row, nil))
                row += 1
            } else {
                pairs.append((nil, columns.lowerBound + column))
                column += 1
            }
        }
        return pairs
    }

    private static func byPosition(
        _ expected: [Exchange], _ came: [Exchange], _ rows: Range<Int>, _ columns: Range<Int>
    ) -> [Pair] {
        var pairs: [Pair] = []
        let common = min(rows.count, columns.count)
        for offset in 0..<common {
            let pair = (rows.lowerBound + offset, columns.lowerBound + offset)
            if score(expected[pair.0], came[pair.1]) > 0 {
                pairs.append((pair.0, pair.1))
            } else {
                pairs += [(pair.0, nil), (nil, pair.1)]
            }
        }
        pairs += rows.dropFirst(common).map { ($0, nil) }
        pairs += columns.dropFirst(common).map { (nil, $0) }
        return pairs
    }
}
