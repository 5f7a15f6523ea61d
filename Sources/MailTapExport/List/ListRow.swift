import MailTapCore

/// The cells of one line of a table, safe for a terminal, in one buffer.
struct ListRow {
    /// The cells' octets, one cell behind the other.
    private(set) var octets: [UInt8] = []
    private(set) var cells: [(range: Range<Int>, columns: Int)] = []

    /// Columns that each cell takes.
    var widths: some Collection<Int> { cells.lazy.map(\.columns) }

    /// Makes room for a row of usual length.
    mutating func reserveCapacity() {
        octets.reserveCapacity(160)
        cells.reserveCapacity(12)
    }

    /// Empties the row and keeps its room.
    mutating func removeAll() {
        octets.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
    }

    /// Adds a cell of whatever text.
    mutating func append(_ text: String) { append { VisibleText.append(text: text, to: &$0) } }

    /// Adds a cell that says what a session was about.
    mutating func append(whatOf summary: SessionSummary) {
        append { out in
            var columns = 0
            summary.describe { columns += VisibleText.append(text: $0, to: &out) }
            return columns
        }
    }

    /// Adds a cell that holds a number.
    mutating func append(_ number: UInt64) { append(ascii: { TimeText.append(number, to: &$0) }) }

    /// Adds a cell of visible ASCII characters, one column each.
    mutating func append(ascii write: (inout [UInt8]) -> Void) {
        append { out in
            let start = out.count
            write(&out)
            return out.count - start
        }
    }

    /// Adds a cell with the end of a connection: its name and port, where there is a name.
    mutating func append(_ endpoint: Endpoint, preferringName: Bool) {
        if preferringName, let name = endpoint.name {
            append { out in
                let columns = VisibleText.append(text: name, to: &out)
                let start = out.count
                out.append(UInt8(ascii: ":"))
                TimeText.append(UInt64(endpoint.port), to: &out)
                return columns + out.count - start
            }
        } else if endpoint.address != nil, endpoint.name == nil {
            append(ascii: { endpoint.append(to: &$0) })
        } else {
            append(TranscriptWords.endpoint(endpoint))
        }
    }

    /// - Parameter write: appends the cell and returns the columns that it takes.
    private mutating func append(_ write: (inout [UInt8]) -> Int) {
        let start = octets.count
        let columns = write(&octets)
        cells.append((start..<octets.count, columns))
    }
}
