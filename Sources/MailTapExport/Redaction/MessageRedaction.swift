import MailTapCore

/// Replaces what a message says and keeps its form: lines, header fields' names, MIME structure, transfer encodings.
///
/// Walks the MIME tree as its reader does: boundaries of open multiparts are looked for in every line, embedded messages
/// are opened.
struct MessageRedaction {
    private struct Level {
        var delimiter: [UInt8]
        /// Behind the last boundary: no part begins any more.
        var isOver = false
        var defaultType: String
    }

    private enum Phase {
        /// A header section that began here.
        case header(start: Int)
        /// A leaf's body that began here, or what stands around parts.
        case body(start: Int, PartForm)
    }

    private static let depthLimit = 64

    private let content: [UInt8]
    private var out: [UInt8]
    private var levels: [Level] = []
    private var phase = Phase.header(start: 0)
    private var defaultType = "text/plain"
    private var depth = 0

    /// The message with other words, as many octets.
    ///
    /// - Parameter content: the whole message, dot-stuffing undone.
    static func redacted(_ content: [UInt8], by pseudonyms: inout Pseudonyms) -> [UInt8] {
        var redaction = MessageRedaction(content)
        redaction.run(&pseudonyms)
        return redaction.out
    }

    private init(_ content: [UInt8]) {
        self.content = content
        out = content
    }

    private mutating func run(_ pseudonyms: inout Pseudonyms) {
        var start = 0
        while start < content.count {
            let end = content[start...].firstIndex(of: 10).map { $0 + 1 } ?? content.count
            take(start..<end, &pseudonyms)
            start = end
        }
        close(at: content.count, &pseudonyms)
    }

    private mutating func take(_ line: Range<Int>, _ pseudonyms: inout Pseudonyms) {
        if let (index, isEnd) = boundary(content[line]) {
            close(at: line.lowerBound, &pseudonyms)
            let text = content[line]
            put(pseudonyms.plainWords(text), at: line.lowerBound)
            levels.removeSubrange((index + 1)...)
            if isEnd {
                levels[index].isOver = true
                phase = .body(start: line.upperBound, .text)
            } else {
                defaultType = levels[index].defaultType
                phase = .header(start: line.upperBound)
            }
            return
        }
        guard case .header(let start) = phase else { return }
        let text = content[line]
        let isEmpty = text.first == 10 || text.elementsEqual([13, 10])
        guard isEmpty || !HeaderRedaction.isField(text) else { return }
        endHeader(start, at: line.lowerBound, bodyAt: isEmpty ? line.upperBound : line.lowerBound, &pseudonyms)
        // A line that is no field begins the body; it may be the first boundary of what the header declares.
        if !isEmpty, !levels.isEmpty { take(line, &pseudonyms) }
    }

    private mutating func endHeader(_ start: Int, at end: Int, bodyAt body: Int, _ pseudonyms: inout Pseudonyms) {
        let header = HeaderRedaction(content[start..<end], defaultType: defaultType)
        put(header.redacted(by: &pseudonyms), at: start)
        phase = .body(start: body, header.form)
        guard depth < Self.depthLimit else { return }
        if header.opensMessage {
            depth += 1
            defaultType = "text/plain"
            phase = .header(start: body)
        } else if let boundary = header.boundary, !boundary.isEmpty {
            depth += 1
            levels.append(
                Level(delimiter: [45, 45] + boundary, defaultType: header.isDigest ? "message/rfc822" : "text/plain"))
            phase = .body(start: body, .text)
        }
    }

    /// Ends what is open at `end`: the lines before it belong to it.
    private mutating func close(at end: Int, _ pseudonyms: inout Pseudonyms) {
        switch phase {
        case .header(let start):
            put(HeaderRedaction(content[start..<end], defaultType: defaultType).redacted(by: &pseudonyms), at: start)
        case .body(let start, let form):
            guard start < end else { return }
            put(form.redacted(Array(content[start..<end]), by: &pseudonyms), at: start)
        }
        phase = .body(start: end, .text)
    }

    private mutating func put(_ octets: [UInt8], at start: Int) {
        let end = min(out.count, start + octets.count)
        out.replaceSubrange(start..<end, with: octets.prefix(end - start))
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
