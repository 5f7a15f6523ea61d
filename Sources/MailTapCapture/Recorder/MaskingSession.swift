import MailTapCore

/// Replaces credentials in a session's octets before they go on to where they are written.
///
/// Chunks wait until the dialogue has decided what all of their octets mean; then secrets are replaced one for one, a
/// `.masked` mark goes before them, and everything goes on in its order. What waits is bounded: the decoder decides
/// within its `Limits`, and should it ever not, what waits too long goes on masked whole.
final class MaskingSession<Finder: SecretFinding>: SessionSink {
    private enum Item {
        case chunk(Side, start: UInt64, [UInt8])
        case mark(Mark)
    }

    private var finder: Finder
    private let downstream: any SessionSink
    private let capacity: Int
    private var queue: [(time: Timestamp, item: Item)] = []
    /// Index of the first item that waits; those before it have gone.
    private var head = 0
    private var queuedOctets = 0
    private var clientOffset: UInt64 = 0
    private var serverOffset: UInt64 = 0
    /// Masks that the source reported itself, as a recording that is read again does; the newest ones.
    private var reported: [Mask] = []
    private var isOverCapacityReported = false

    /// What an item counts for beside its octets.
    private static var itemCost: Int { 64 }

    /// - Parameters:
    ///   - finder: finds the secrets; fresh.
    ///   - downstream: takes the masked session.
    ///   - capacity: octets that may wait.
    init(finder: Finder, downstream: any SessionSink, capacity: Int = 16 << 20) {
        self.finder = finder
        self.downstream = downstream
        self.capacity = capacity
    }

    func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
        let start = offset(side)
        advance(side, by: UInt64(bytes.byteCount))
        var catcher = SecretCatcher()
        finder.receive(bytes, from: side, at: time, &catcher)
        if queue.isEmpty, catcher.found.isEmpty, finder.reported(side) >= offset(side) {
            downstream.receive(bytes, from: side, at: time)
            return
        }
        queue.append((time, .chunk(side, start: start, [UInt8](copying: bytes))))
        queuedOctets += bytes.byteCount + Self.itemCost
        apply(catcher.found)
        drain()
    }

    func mark(_ mark: Mark, at time: Timestamp) {
        if case .gap(let side, let length) = mark { advance(side, by: length) }
        if case .masked(let mask) = mark {
            if reported.count == 16 { reported.removeFirst() }
            reported.append(mask)
        }
        var catcher = SecretCatcher()
        finder.mark(mark, at: time, &catcher)
        queue.append((time, .mark(mark)))
        queuedOctets += Self.cost(of: mark)
        apply(catcher.found)
        drain()
    }

    func end(at time: Timestamp) {
        var catcher = SecretCatcher()
        finder.end(at: time, &catcher)
        apply(catcher.found)
        drain()
        // The decoder decides everything at the end; were something left, it would not go on unmasked.
        while head < queue.count { releaseHead(forced: true) }
        downstream.end(at: time)
    }

    private func offset(_ side: Side) -> UInt64 { side == .client ? clientOffset : serverOffset }

    private func advance(_ side: Side, by length: UInt64) {
        let (sum, overflow) = offset(side).addingReportingOverflow(length)
        if side == .client { clientOffset = overflow ? .max : sum } else { serverOffset = overflow ? .max : sum }
    }

    private static func cost(of mark: Mark) -> Int {
        if case .forwarded(_, let octets) = mark { itemCost + octets.count } else { itemCost }
    }

    /// Lets go what is decided, in order.
    private func drain() {
        while head < queue.count, isDecided(queue[head].item) { releaseHead(forced: false) }
        while head < queue.count, queuedOctets > capacity {
            reportOverCapacity(at: queue[head].time)
            releaseHead(forced: true)
        }
        if head == queue.count {
            queue.removeAll(keepingCapacity: queue.count < 64)
            head = 0
        } else if head > 64, head > queue.count / 2 {
            queue.removeSubrange(..<head)
            head = 0
        }
    }

    private func isDecided(_ item: Item) -> Bool {
        switch item {
        case .chunk(let side, let start, let bytes): finder.reported(side) >= start &+ UInt64(bytes.count)
        // What went on in place of a secret is one too, so it waits for the range's meaning.
        case .mark(.forwarded(let range, _)): finder.reported(range.side) >= range.end
        case .mark: true
        }
    }

    private func releaseHead(forced: Bool) {
        let (time, item) = queue[head]
        queue[head].item = .mark(.eof(.client))  // gives the octets free
        head += 1
        let isUndecided = forced && !isDecided(item)
        switch item {
        case .chunk(let side, let start, var bytes):
            queuedOctets -= bytes.count + Self.itemCost
            if isUndecided {
                let range = StreamRange(side, start, start &+ UInt64(bytes.count))
                downstream.mark(.masked(Mask(range: range, kind: .opaque)), at: time)
                bytes = [UInt8](repeating: SecretMasking.mask, count: bytes.count)
            }
            downstream.receive(bytes.span.bytes, from: side, at: time)
        case .mark(let mark):
            queuedOctets -= Self.cost(of: mark)
            if isUndecided, case .forwarded(let range, let octets) = mark {
                downstream.mark(.forwarded(range, Self.covered(octets)), at: time)
            } else {
                downstream.mark(mark, at: time)
            }
        }
    }

    private func reportOverCapacity(at time: Timestamp) {
        guard !isOverCapacityReported else { return }
        isOverCapacityReported = true
        let text = "more octets than \(capacity) waited for their meaning; recorded masked"
        downstream.mark(.trouble(Trouble(code: "buffer-limit", text: text)), at: time)
    }

    /// Replaces the secrets in what waits, and puts a mark before each.
    private func apply(_ found: [FoundSecret]) {
        guard !found.isEmpty else { return }
        let sorted = found.sorted { $0.mask.range.start < $1.mask.range.start }
        let client = sorted.filter { $0.mask.range.side == .client }
        let server = sorted.filter { $0.mask.range.side == .server }
        var firstClient = 0
        var firstServer = 0
        var announced = Set(reported)
        var masked: [(time: Timestamp, item: Item)] = []
        masked.reserveCapacity(queue.count - head + found.count)
        for (time, item) in queue[head...] {
            switch item {
            case .chunk(let side, let start, var bytes):
                let secrets = side == .client ? client : server
                var index = side == .client ? firstClient : firstServer
                while index < secrets.count, secrets[index].mask.range.end <= start { index += 1 }
                if side == .client { firstClient = index } else { firstServer = index }
                while index < secrets.count, secrets[index].mask.range.start < start &+ UInt64(bytes.count) {
                    let secret = secrets[index]
                    if announced.insert(secret.mask).inserted {
                        masked.append((time, .mark(.masked(secret.mask))))
                        queuedOctets += Self.itemCost
                    }
                    Self.replace(secret, in: &bytes, start: start)
                    index += 1
                }
                masked.append((time, .chunk(side, start: start, bytes)))
            case .mark(.forwarded(let range, let octets)):
                let isSecret = (range.side == .client ? client : server).contains {
                    $0.mask.range.start < range.end && range.start < $0.mask.range.end
                }
                masked.append((time, .mark(.forwarded(range, isSecret ? Self.covered(octets) : octets))))
            case .mark: masked.append((time, item))
            }
        }
        queue = masked
        head = 0
    }

    private static func replace(_ secret: FoundSecret, in bytes: inout [UInt8], start: UInt64) {
        let range = secret.mask.range
        for offset in max(range.start, start)..<min(range.end, start &+ UInt64(bytes.count)) {
            let place = Int(offset - range.start)
            let octet = secret.replacement.indices.contains(place) ? secret.replacement[place] : SecretMasking.mask
            bytes[Int(offset - start)] = octet
        }
    }

    /// Octets that went on in place of a secret: all replaced but the line ends.
    private static func covered(_ octets: [UInt8]) -> [UInt8] {
        octets.map { $0 == 13 || $0 == 10 ? $0 : SecretMasking.mask }
    }
}
