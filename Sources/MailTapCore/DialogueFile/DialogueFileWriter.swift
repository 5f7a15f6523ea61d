/// Writes traces as a dialogue file (`docs/dialogue-files.md`), so that reading it gives the same traces again.
///
/// Writes every octet as it stands in the trace: secrets are masked before, by `SecretMasking`.
public struct DialogueFileWriter: Sendable {
    private var isFirst = true

    /// A writer of a new file.
    public init() {}

    /// Appends one session, in front of the first the version line.
    public mutating func write(_ trace: Trace, to out: inout [UInt8]) {
        if isFirst { out += "\(DialogueFile.signature) \(DialogueFile.version)\n".utf8 }
        isFirst = false
        out.append(10)
        header(trace.info, to: &out)
        var offsets = [UInt64](repeating: 0, count: 2)
        var index = 0
        var time = trace.info.started
        var previous: Side?
        // Before this entry no mark stands inside a line.
        var plainUntil = 0
        // A session whose times are all the same, as a hand-written one's, is written without them.
        let isTimed = trace.entries.contains { $0.time != trace.info.started } || trace.ended != trace.info.started
        while index < trace.entries.count {
            var inline: [InlineMark] = []
            if index >= plainUntil {
                (inline, plainUntil) = Self.inlineMarks(trace.entries, at: index, offsets)
                index += inline.count
            }
            let (moment, entry) = trace.entries[index]
            var needsTime = moment != time
            if case .chunk(let side, _) = entry {
                needsTime = needsTime || side == previous
                previous = side
            } else {
                previous = nil
            }
            if needsTime {
                prefix(moment, trace.info.started, to: &out)
            } else if isTimed {
                out += repeatElement(32, count: Self.indent)
            }
            time = moment
            let indent = isTimed || needsTime ? Self.indent : 0
            switch entry {
            case .chunk(let side, let octets):
                lines(octets, side, from: offsets[Int(side.rawValue)], inline, indent: indent, to: &out)
                offsets[Int(side.rawValue)] &+= UInt64(octets.count)
            case .mark(let mark):
                if case .gap(let side, let length) = mark { offsets[Int(side.rawValue)] &+= length }
                MarkText.append(mark, to: &out)
            }
            index += 1
        }
        guard trace.ended != time else { return }
        prefix(trace.ended, trace.info.started, to: &out)
        out += "-- end\n".utf8
    }

    /// The masks and patterns that stand at `index` and can be shown inside the lines of the chunk behind them.
    ///
    /// - Returns: all that stand there, or none; then also the index of the first from which on they can, so that a run
    ///   of marks is not looked at from each of them again.
    private static func inlineMarks(
        _ entries: [(time: Timestamp, entry: Trace.Entry)], at index: Int, _ offsets: [UInt64]
    ) -> (marks: [InlineMark], plainUntil: Int) {
        var marks: [InlineMark] = []
        var next = index
        while next < entries.count, case .mark(let mark) = entries[next].entry, let inline = InlineMark(mark) {
            guard entries[next].time == entries[index].time else { return ([], next) }
            marks.append(inline)
            next += 1
        }
        guard !marks.isEmpty, next < entries.count, entries[next].time == entries[index].time,
            case .chunk(let side, let octets) = entries[next].entry
        else { return ([], next) }
        let start = offsets[Int(side.rawValue)]
        var last = start
        var first = 0
        for (place, mark) in marks.enumerated() {
            guard mark.range.side == side, mark.range.start >= start, !mark.range.isEmpty,
                mark.range.end <= start &+ UInt64(octets.count),
                mark.stands(in: octets, at: Int(mark.range.start - start)..<Int(mark.range.end - start))
            else {
                (first, last) = (place + 1, start)
                continue
            }
            // Of two that overlap only the later one can.
            if mark.range.start < last { first = place }
            last = mark.range.end
        }
        return first == 0 ? (marks, 0) : ([], index + first)
    }

    private func lines(
        _ octets: [UInt8], _ side: Side, from offset: UInt64, _ marks: [InlineMark], indent: Int,
        to out: inout [UInt8]
    ) {
        var marks = marks[...]
        var start = 0
        var isFirst = true
        repeat {
            let lineFeed = octets[start...].firstIndex(of: 10)
            let end = lineFeed.map { $0 + 1 } ?? octets.count
            let isWhole = lineFeed.map { $0 > start && octets[$0 - 1] == 13 } ?? false
            if !isFirst { out += repeatElement(32, count: indent) }
            isFirst = false
            out += side == .client ? "C:".utf8 : "S:".utf8
            var textEnd = isWhole ? end - 2 : end
            if textEnd > start || !isWhole { out.append(32) }
            var position = start
            while let mark = marks.first, mark.range.start - offset < UInt64(end) {
                let range = Int(mark.range.start - offset)..<Int(mark.range.end - offset)
                // A mask may reach into the line's CR: the line is then written without its usual end.
                if range.upperBound > textEnd { textEnd = end }
                DialogueEscapes.append(octets[position..<range.lowerBound], in: .mask, to: &out)
                mark.append(octets[range], to: &out)
                position = range.upperBound
                marks = marks.dropFirst()
            }
            DialogueEscapes.append(octets[position..<textEnd], in: .line, to: &out)
            if !isWhole || textEnd == end { out.append(UInt8(ascii: "\\")) }
            out.append(10)
            start = end
        } while start < octets.count
    }

    /// Columns of a time in front of a line, and of the space that stands there where a chunk goes on.
    private static let indent = 12

    private func prefix(_ moment: Timestamp, _ started: Timestamp, to out: inout [UInt8]) {
        let start = out.count
        out.append(UInt8(ascii: "@"))
        TimeText.append(seconds: moment.since(started), to: &out)
        repeat { out.append(32) } while out.count - start < Self.indent
    }

    private func header(_ info: SessionInfo, to out: inout [UInt8]) {
        out += "== session".utf8
        func pair(_ key: String, _ value: String?) {
            guard let value else { return }
            out += " \(key)=".utf8
            MarkText.append(value: value, to: &out)
        }
        if !info.source.isEmpty { pair("source", info.source) }
        for (key, endpoint) in [("client", info.client), ("server", info.server)] {
            let host = endpoint.address.map { $0.isIPv4 ? $0.description : "[\($0)]" } ?? "?"
            if endpoint.address != nil || endpoint.port != 0 { pair(key, "\(host):\(endpoint.port)") }
            pair(key + "-name", endpoint.name)
        }
        if info.started.nanoseconds != 0 { pair("started", TimeText.text(moment: info.started, decimals: 9)) }
        pair("expecting", info.expecting?.name)
        if info.expectsTLS { pair("expects-tls", "yes") }
        // A header with neither a moment nor this was written by hand, and is read as such.
        if !info.startSeen || info.started.nanoseconds == 0 { pair("start-seen", info.startSeen ? "yes" : "no") }
        if info.isKnownMail { pair("known-mail", "yes") }
        pair("route", info.route)
        out.append(10)
    }
}
