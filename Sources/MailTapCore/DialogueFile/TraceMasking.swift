/// Replaces the secrets of a trace, octet for octet, and marks where they stood.
public enum TraceMasking {
    /// A trace without secrets: what the decoder finds to be one is replaced by what `mask` gives.
    ///
    /// Masks that the trace already has are kept. What went on in place of a command with a secret in it is masked
    /// behind its first word.
    ///
    /// Lengths stay, and so does what the decoder makes of it.
    public static func masked(_ trace: Trace) -> Trace {
        masked(trace, secrets: secrets(in: trace)) { SecretMasking.masked($0, kind: $1) }
    }

    /// The secrets that the decoder finds in a trace, in the order in which they stand there.
    public static func secrets(in trace: Trace) -> [Mask] {
        var dialogue = Dialogue(trace.info)
        var collector = Collector()
        for (time, entry) in trace.entries {
            switch entry {
            case .chunk(let side, let octets):
                dialogue.receive(octets.span.bytes, from: side, at: time, &collector)
            case .mark(let mark): dialogue.mark(mark, at: time, &collector)
            }
        }
        dialogue.end(at: trace.ended, &collector)
        return collector.secrets
    }

    private struct Collector: DialogueHandler {
        var secrets: [Mask] = []

        mutating func handle(_ event: Event, _ bytes: RawSpan) {
            guard case .secret(let kind) = event.kind, !event.range.isEmpty else { return }
            secrets.append(Mask(range: event.range, kind: kind))
        }

        mutating func content(_ bytes: RawSpan, from side: Side) {}
    }

    static func masked(
        _ trace: Trace, secrets: [Mask], by mask: (_ token: [UInt8], _ kind: SecretKind) -> [UInt8]
    ) -> Trace {
        var known = StreamRangeMap<Void>()
        for (_, entry) in trace.entries {
            if case .mark(.masked(let mask)) = entry { known.insert(mask.range, ()) }
        }
        let secrets = known.isEmpty ? secrets : secrets.filter { !known.covers($0.range) }
        guard !secrets.isEmpty else { return trace }
        var hidden = StreamRangeMap<Void>()
        for secret in secrets { hidden.insert(secret.range, ()) }
        var result = trace
        let places = chunkPlaces(trace)
        var marks: [Int: [Mask]] = [:]
        for secret in secrets {
            let side = places[Int(secret.range.side.rawValue)]
            // The chunks of one side in order: those before the secret are skipped by halving.
            var low = 0
            var high = side.count
            while low < high {
                let middle = (low + high) / 2
                if side[middle].end <= secret.range.start { low = middle + 1 } else { high = middle }
            }
            let touched = side[low...].prefix { $0.start < secret.range.end }
            guard let first = touched.first else { continue }
            marks[first.entry, default: []].append(secret)
            replace(secret, in: &result, touched, by: mask)
        }
        for index in result.entries.indices {
            guard case .mark(.forwarded(let range, let octets)) = result.entries[index].entry,
                !hidden.touching(range).isEmpty
            else { continue }
            result.entries[index].entry = .mark(.forwarded(range, behindFirstWord(octets)))
        }
        result.entries = with(marks, before: result.entries)
        return result
    }

    /// The entries, with masks in front of those whose index they have.
    private static func with(
        _ masks: [Int: [Mask]], before entries: [(time: Timestamp, entry: Trace.Entry)]
    ) -> [(time: Timestamp, entry: Trace.Entry)] {
        var whole: [(time: Timestamp, entry: Trace.Entry)] = []
        whole.reserveCapacity(entries.count + masks.count)
        for (index, entry) in entries.enumerated() {
            for mask in masks[index] ?? [] { whole.append((entry.time, .mark(.masked(mask)))) }
            whole.append(entry)
        }
        return whole
    }

    private struct Place {
        var entry: Int
        var start: UInt64
        var end: UInt64
    }

    /// Where each side's chunks stand in its stream.
    private static func chunkPlaces(_ trace: Trace) -> [[Place]] {
        var places: [[Place]] = [[], []]
        var offsets: [UInt64] = [0, 0]
        for (index, entry) in trace.entries.enumerated() {
            switch entry.entry {
            case .chunk(let side, let octets):
                let start = offsets[Int(side.rawValue)]
                let end = start &+ UInt64(octets.count)
                places[Int(side.rawValue)].append(Place(entry: index, start: start, end: end))
                offsets[Int(side.rawValue)] = end
            case .mark(.gap(let side, let length)): offsets[Int(side.rawValue)] &+= length
            case .mark: break
            }
        }
        return places
    }

    private static func replace(
        _ secret: Mask, in trace: inout Trace, _ places: ArraySlice<Place>, by mask: ([UInt8], SecretKind) -> [UInt8]
    ) {
        var pieces: [(entry: Int, range: Range<Int>)] = []
        var token: [UInt8] = []
        for place in places {
            guard case .chunk(_, let octets) = trace.entries[place.entry].entry else { continue }
            let start = Int(max(secret.range.start, place.start) - place.start)
            let end = Int(min(secret.range.end, place.end) - place.start)
            guard start < end, end <= octets.count else { continue }
            pieces.append((place.entry, start..<end))
            token += octets[start..<end]
        }
        var masked = UInt64(token.count) == secret.range.length ? mask(token, secret.kind) : []
        if masked.count != token.count { masked = [UInt8](repeating: UInt8(ascii: "*"), count: token.count) }
        var rest = masked[...]
        for piece in pieces {
            guard case .chunk(let side, var octets) = trace.entries[piece.entry].entry else { continue }
            // The entry lets go of them, or each secret of a chunk would copy it.
            trace.entries[piece.entry].entry = .chunk(side, [])
            octets.replaceSubrange(piece.range, with: rest.prefix(piece.range.count))
            rest = rest.dropFirst(piece.range.count)
            trace.entries[piece.entry].entry = .chunk(side, octets)
        }
    }

    /// Octets with stars for all but the first word and line ends.
    private static func behindFirstWord(_ octets: [UInt8]) -> [UInt8] {
        guard let space = octets.firstIndex(of: 32) else {
            return octets.map { $0 == 13 || $0 == 10 ? $0 : UInt8(ascii: "*") }
        }
        return octets[...space] + octets[(space + 1)...].map { $0 == 13 || $0 == 10 ? $0 : UInt8(ascii: "*") }
    }
}
