import MailTapCore

/// Puts IP fragments together (RFC 791 section 3.2, RFC 8200 section 4.5), in bounded memory.
///
/// Where fragments overlap, the first seen wins. A datagram of which a fragment is missing is given up when newer
/// ones need its place; TCP then shows the gap.
struct FragmentTable {
    /// What the fragments of one datagram have in common.
    struct Key: Hashable {
        var source: IPAddress
        var destination: IPAddress
        var id: UInt32
        /// IPv4's protocol; nil for IPv6, where only the first fragment's next header counts.
        var carried: UInt8?
    }

    /// What one fragment says of itself.
    struct Piece {
        var key: Key
        var offset: Int
        var isLast: Bool
        /// What the datagram begins with: of use where the offset is 0.
        var next: UInt8
    }

    private struct Datagram {
        /// What the first fragment says that the datagram begins with.
        var next: UInt8?
        var pieces: [(offset: Int, bytes: [UInt8])] = []
        var length: Int?
        var started: Timestamp
        var serial: UInt64
    }

    /// Octets of a datagram at most (the IP length field's reach).
    private static let largest = 65_535
    private static let mostPieces = 512

    private let limits: ReassemblyLimits
    private var datagrams: [Key: Datagram] = [:]
    private var order: [(key: Key, serial: UInt64)] = []
    private var orderHead = 0
    private var serial: UInt64 = 0
    private(set) var held = 0

    init(limits: ReassemblyLimits) {
        self.limits = limits
    }

    /// Adds a fragment; the datagram's octets, and what they begin with, if it is whole now.
    mutating func add(
        _ piece: Piece, _ bytes: RawSpan, isCut: Bool, at time: Timestamp
    ) -> (next: UInt8, octets: [UInt8])? {
        guard piece.offset + bytes.byteCount <= Self.largest else { return nil }
        var datagram = take(piece.key, at: time)
        if piece.isLast, !isCut, datagram.length == nil { datagram.length = piece.offset + bytes.byteCount }
        if piece.offset == 0, datagram.next == nil { datagram.next = piece.next }
        insert(piece.offset, bytes, into: &datagram)
        if let next = datagram.next, let whole = Self.assemble(datagram) {
            held -= Self.cost(datagram)
            return (next, whole)
        }
        datagrams[piece.key] = datagram
        makeRoom()
        return nil
    }

    /// Takes out what is there of a datagram, or begins one: the identification may be in use again after 30 s.
    private mutating func take(_ key: Key, at time: Timestamp) -> Datagram {
        if let known = datagrams.removeValue(forKey: key) {
            let age = time.since(known.started)
            if age < 30_000_000_000, age > -30_000_000_000 { return known }
            held -= Self.cost(known)
        }
        serial &+= 1
        order.append((key, serial))
        let fresh = Datagram(started: time, serial: serial)
        held += Self.cost(fresh)
        return fresh
    }

    private mutating func insert(_ offset: Int, _ bytes: RawSpan, into datagram: inout Datagram) {
        guard datagram.pieces.count < Self.mostPieces else { return }
        let before = Self.cost(datagram)
        var at = offset
        let end = offset + bytes.byteCount
        var index = 0
        while at < end {
            // Skip pieces that end before, then fill up to the next one.
            while index < datagram.pieces.count,
                datagram.pieces[index].offset + datagram.pieces[index].bytes.count <= at
            {
                index += 1
            }
            let next = index < datagram.pieces.count ? datagram.pieces[index].offset : end
            if next > at {
                let stop = min(next, end)
                let piece = [UInt8](copying: bytes.extracting(at - offset..<stop - offset))
                datagram.pieces.insert((at, piece), at: index)
                at = stop
            } else {
                at = datagram.pieces[index].offset + datagram.pieces[index].bytes.count
            }
        }
        held += Self.cost(datagram) - before
    }

    private static func assemble(_ datagram: Datagram) -> [UInt8]? {
        guard let length = datagram.length else { return nil }
        var end = 0
        for piece in datagram.pieces {
            guard piece.offset == end else { return nil }
            end += piece.bytes.count
            if end >= length { break }
        }
        guard end >= length else { return nil }
        var whole: [UInt8] = []
        whole.reserveCapacity(end)
        for piece in datagram.pieces { whole += piece.bytes }
        return Array(whole.prefix(length))
    }

    private static func cost(_ datagram: Datagram) -> Int {
        datagram.pieces.reduce(256) { $0 + $1.bytes.count + 64 }
    }

    /// Gives up the oldest datagrams until the bound holds.
    private mutating func makeRoom() {
        while held > limits.fragmentOctets || order.count - orderHead > limits.fragmentedDatagrams {
            guard orderHead < order.count else { return }
            let oldest = order[orderHead]
            orderHead += 1
            if let datagram = datagrams[oldest.key], datagram.serial == oldest.serial {
                datagrams.removeValue(forKey: oldest.key)
                held -= Self.cost(datagram)
            }
        }
        if orderHead > 1024, orderHead > order.count / 2 {
            order.removeFirst(orderHead)
            orderHead = 0
        }
    }
}
