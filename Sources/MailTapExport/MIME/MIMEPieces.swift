import MailTapCore

/// A stretch of a message; all of a message's pieces, in order, are the message.
struct MIMEPiece {
    enum Kind {
        /// A header section, with the empty line behind it.
        case header(MIMEHeader)
        /// A leaf's body, with the line end that belongs to the boundary behind it.
        case leaf(PartForm)
        /// What stands before the first part of a multipart and behind its last.
        case around
        /// A boundary line.
        case delimiter
    }

    var range: Range<Int>
    /// Multiparts and embedded messages around it.
    var depth: Int
    var kind: Kind
}

/// Takes a message apart where its MIME structure says (RFC 2046), whatever its octets.
///
/// Boundaries of open multiparts are looked for in every line, embedded messages are opened, as their reader does.
struct MIMEPieces {
    private struct Level {
        var delimiter: [UInt8]
        /// Behind the last boundary: no part begins any more.
        var isOver = false
        var innerType: String
        var depth: Int
    }

    private enum Phase {
        /// A header section that began here.
        case header(start: Int)
        /// Lines that began here.
        case body(start: Int, MIMEPiece.Kind)
    }

    private static let depthLimit = 64

    private let content: [UInt8]
    private var pieces: [MIMEPiece] = []
    private var levels: [Level] = []
    private var phase = Phase.header(start: 0)
    private var defaultType = "text/plain"
    private var depth = 0

    /// The pieces of a message, dot-stuffing undone; none is empty.
    static func of(_ content: [UInt8]) -> [MIMEPiece] {
        var work = MIMEPieces(content: content)
        var start = 0
        while start < content.count {
            let end = content[start...].firstIndex(of: 10).map { $0 + 1 } ?? content.count
            work.take(start..<end)
            start = end
        }
        work.close(at: content.count)
        return work.pieces
    }

    private init(content: [UInt8]) { self.content = content }

    private mutating func add(_ range: Range<Int>, _ kind: MIMEPiece.Kind) {
        if !range.isEmpty { pieces.append(MIMEPiece(range: range, depth: depth, kind: kind)) }
    }

    private mutating func take(_ line: Range<Int>) {
        if let (index, isEnd) = boundary(content[line]) {
            close(at: line.lowerBound)
            levels.removeSubrange((index + 1)...)
            depth = levels[index].depth
            add(line, .delimiter)
            if isEnd {
                levels[index].isOver = true
                phase = .body(start: line.upperBound, .around)
            } else {
                defaultType = levels[index].innerType
                phase = .header(start: line.upperBound)
            }
            return
        }
        guard case .header(let start) = phase else { return }
        let text = content[line]
        let isEmpty = text.first == 10 || text.elementsEqual([13, 10])
        guard isEmpty || !MIMEHeader.isField(text) else { return }
        endHeader(start..<(isEmpty ? line.upperBound : line.lowerBound))
        // A line that is no field begins the body; it may be the first boundary of what the header declares.
        if !isEmpty, !levels.isEmpty { take(line) }
    }

    private mutating func endHeader(_ range: Range<Int>) {
        let header = MIMEHeader(content[range], defaultType: defaultType)
        add(range, .header(header))
        phase = .body(start: range.upperBound, .leaf(header.form))
        guard depth < Self.depthLimit else { return }
        if header.opensMessage {
            depth += 1
            defaultType = "text/plain"
            phase = .header(start: range.upperBound)
        } else if let boundary = header.boundary, !boundary.isEmpty {
            depth += 1
            levels.append(Level(delimiter: [45, 45] + boundary, innerType: header.innerType, depth: depth))
            phase = .body(start: range.upperBound, .around)
        }
    }

    /// Ends what is open at `end`.
    private mutating func close(at end: Int) {
        switch phase {
        case .header(let start): add(start..<end, .header(MIMEHeader(content[start..<end], defaultType: defaultType)))
        case .body(let start, let kind): add(start..<end, kind)
        }
        phase = .body(start: end, .around)
    }

    private func boundary(_ line: ArraySlice<UInt8>) -> (level: Int, isEnd: Bool)? {
        guard line.starts(with: [45, 45]) else { return nil }
        for (index, level) in levels.enumerated() where !level.isOver && line.starts(with: level.delimiter) {
            var rest = line.dropFirst(level.delimiter.count)
            let isEnd = rest.starts(with: [45, 45])
            if isEnd { rest = rest.dropFirst(2) }
            if rest.allSatisfy({ [32, 9, 13, 10].contains($0) }) { return (index, isEnd) }
        }
        return nil
    }
}
