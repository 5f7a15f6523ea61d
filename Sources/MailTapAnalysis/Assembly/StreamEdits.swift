import MailTapCore

/// What went on or was masked in place of what was received, by stream range.
struct StreamEdits {
    private struct Maps {
        var masks = StreamRangeMap<SecretKind>()
        var forwards = StreamRangeMap<[UInt8]>()
        var injections = StreamRangeMap<Void>()
        var patterns = StreamRangeMap<ReplyPattern>()
    }

    /// Made with the first edit: the maps are generic, of another module, and so slow to make and to ask, and nearly no
    /// session has an edit.
    private var maps: Maps?

    /// Whether nothing was masked, changed or said by MailTap, and nothing may vary.
    var isEmpty: Bool { maps == nil }

    mutating func note(_ mark: Mark) {
        switch mark {
        case .masked, .forwarded, .injected, .pattern: if maps == nil { maps = Maps() }
        default: return
        }
        switch mark {
        case .masked(let mask): maps?.masks.insert(mask.range, mask.kind)
        case .forwarded(let range, let octets): maps?.forwards.insert(range, octets)
        case .injected(let range): maps?.injections.insert(range, ())
        case .pattern(let range, let pattern): maps?.patterns.insert(range, pattern)
        default: break
        }
    }

    /// Whether a dialogue file lets anything vary.
    var hasPatterns: Bool { maps.map { !$0.patterns.isEmpty } ?? false }

    /// Whether anything went on changed.
    var hasForwards: Bool { maps.map { !$0.forwards.isEmpty } ?? false }

    /// The masked ranges inside a line, as offsets; nil where nothing of it was masked.
    func masks(in line: StreamRange) -> [WireText.Secret]? {
        guard let maps else { return nil }
        let found = maps.masks.touching(line)
        guard !found.isEmpty else { return nil }
        return found.map {
            let start = max($0.range.start, line.start) - line.start
            let end = min($0.range.end, line.end) - line.start
            return WireText.Secret(range: Int(start)..<Int(end), kind: $0.value)
        }
    }

    /// Where a dialogue file lets the octets of `range` vary.
    func patterns(in range: StreamRange) -> [(range: StreamRange, pattern: ReplyPattern)] {
        guard let maps else { return [] }
        return maps.patterns.touching(range)
            .filter { $0.range.start >= range.start && $0.range.end <= range.end }
            .map { ($0.range, $0.value) }
    }

    /// What went on in place of the octets of `range`.
    func forwarded(_ bytes: RawSpan, _ range: StreamRange) -> Forwarded {
        guard let maps else { return .same }
        let touching = maps.forwards.touching(range)
        guard !touching.isEmpty else { return .same }
        var octets: [UInt8] = []
        var position = range.start
        for edit in touching {
            if edit.range.start > position {
                let from = Int(position - range.start)
                let to = min(Int(edit.range.start - range.start), bytes.byteCount)
                if from < to { octets += [UInt8](copying: bytes.extracting(from..<to)) }
            }
            // An edit that spans lines speaks once, at its beginning.
            if edit.range.start >= range.start { octets += edit.value }
            position = max(position, edit.range.end)
        }
        if position < range.end {
            let from = Int(position - range.start)
            if from < bytes.byteCount { octets += [UInt8](copying: bytes.extracting(from...)) }
        }
        return octets.isEmpty ? .nothing : .octets(octets)
    }

    /// Octets of the side's stream that MailTap itself said.
    func injected(by side: Side) -> UInt64 {
        maps.map { $0.injections.octets(of: side) } ?? 0
    }

    /// Whether MailTap itself said the octets of `range`.
    func isInjected(_ range: StreamRange) -> Bool {
        maps.map { !$0.injections.isEmpty && $0.injections.covers(range) } ?? false
    }
}

extension Forwarded {
    /// Adds what went on in place of the next line of a reply, of which `received` came before.
    mutating func append(_ line: Forwarded, received: [UInt8], original: [UInt8]) {
        switch (self, line) {
        case (.same, .same): break
        case (.same, .nothing): self = received.isEmpty ? .nothing : .octets(received)
        case (.same, .octets(let changed)): self = .octets(received + changed)
        case (.nothing, .same): self = .octets(original)
        case (.octets(let before), .same): extend(before, by: original)
        case (.octets(let before), .octets(let changed)): extend(before, by: changed)
        case (.nothing, let changed): self = changed
        case (.octets, .nothing): break
        }
    }

    /// Appends to what is there already, without copying it.
    private mutating func extend(_ octets: consuming [UInt8], by more: [UInt8]) {
        self = .nothing
        octets += more
        self = .octets(octets)
    }
}
