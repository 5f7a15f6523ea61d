import MailTapExport

/// The word that names a command, where it names none.
enum CommandName {
    /// - Throws: `Failure` for a first argument that is neither an option nor a command, with what comes nearest.
    static func check(_ arguments: some Collection<String>) throws {
        guard let word = arguments.first, !word.hasPrefix("-"), !word.isEmpty,
            !MailTap.commandNames.contains(word)
        else { return }
        let near = MailTap.commandNames.map { (name: $0, distance: distance(word, $0)) }
            .filter { $0.distance <= max(1, $0.name.count / 3) }.min { $0.distance < $1.distance }
        let shown = VisibleText.of(word)
        throw Failure(
            .usage,
            near.map { "there is no command '\(shown)'; did you mean '\($0.name)'?" }
                ?? "there is no command '\(shown)'; 'mailtap --help' lists them")
    }

    /// Letters to add, drop, change or swap with their neighbour to come from one word to the other.
    static func distance(_ one: String, _ other: String) -> Int {
        let (from, to) = (Array(one.prefix(32)), Array(other))
        var rows = [Array(0...to.count)]
        for (index, letter) in from.enumerated() {
            var row = [index + 1]
            for (column, expected) in to.enumerated() {
                var least = min(row[column] + 1, rows[index][column + 1] + 1)
                least = min(least, rows[index][column] + (letter == expected ? 0 : 1))
                if index > 0, column > 0, letter == to[column - 1], from[index - 1] == expected {
                    least = min(least, rows[index - 1][column - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[from.count][to.count]
    }
}
