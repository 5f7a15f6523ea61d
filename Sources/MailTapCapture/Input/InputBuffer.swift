/// A window onto a source: octets at hand in big pieces, of which a reader takes whole records.
///
/// ```
/// source: |  piece  ....record| |record  ....  piece  |
///          bytes ............     bytes (both parts, put together), then bytes ......
/// ```
/// Only a record that lies in two pieces is copied. Memory grows only as octets really arrive, so a length that a header
/// claims costs none.
struct InputBuffer: ~Copyable {
    /// What is read at once: small enough to stay in the processor's cache while its packets are read.
    static let pieceSize = 128 << 10

    private let source: any ByteSource
    /// Where pieces of a source that lends none are read into.
    private var piece: UnsafeMutableRawBufferPointer?
    /// Where records that lie in several pieces are put together.
    private var joint = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 10, alignment: 16)
    private var isJoint = false
    /// What is at hand: `start..<end` of `joint`, or of the source's piece.
    private var view = UnsafeRawBufferPointer(start: nil, count: 0)
    private var start = 0
    private var end = 0
    /// What the source's piece holds behind what is at hand, while that is `joint`.
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    private var isAtEnd = false
    /// Octets consumed so far.
    private(set) var offset: UInt64 = 0

    init(_ source: any ByteSource) { self.source = source }

    deinit {
        piece?.deallocate()
        joint.deallocate()
    }

    /// Number of octets at hand.
    var count: Int { end - start }

    /// The octets at hand; valid until the next call of a mutating function.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: view[start..<end]) }

    /// Reads on until `wanted` octets are at hand; false where the source ends before.
    mutating func fill(_ wanted: Int) throws(CaptureError) -> Bool {
        while end - start < wanted, !isAtEnd { try goOn(to: wanted) }
        return end - start >= wanted
    }

    /// The same, telling `handler` now and then that time passes while nothing comes.
    @inline(__always)
    mutating func fill(
        _ wanted: Int, idling handler: inout some PacketHandler & ~Copyable
    ) throws(CaptureError) -> Bool {
        if end - start >= wanted { return true }
        while end - start < wanted, !isAtEnd {
            while rest.isEmpty, !source.isReady(within: Self.patience) {
                handler.idle(milliseconds: Int64(Self.patience))
            }
            try goOn(to: wanted)
        }
        return end - start >= wanted
    }

    /// Milliseconds of waiting after which time counts as passing.
    private static let patience: Int32 = 200

    /// Whether octets are at hand, or the source is ready.
    func isReady(within milliseconds: Int32) -> Bool {
        start < end || !rest.isEmpty || source.isReady(within: milliseconds)
    }

    /// Drops `length` octets, which are at hand.
    mutating func consume(_ length: Int) {
        precondition(length >= 0 && length <= end - start, "only what is at hand can be consumed")
        start += length
        offset &+= UInt64(length)
    }

    /// Drops `length` octets, reading on as needed; false where the source ends before.
    mutating func skip(_ length: UInt64) throws(CaptureError) -> Bool {
        var left = length
        while left > 0 {
            if count == 0, try !fill(1) { return false }
            let step = Int(min(left, UInt64(count)))
            consume(step)
            left -= UInt64(step)
        }
        return true
    }

    /// Has more at hand than before, at most `wanted` octets where they lie in several pieces.
    private mutating func goOn(to wanted: Int) throws(CaptureError) {
        if start < end {
            // Before the source gives its next piece, in whose place that may stand.
            join()
            if rest.isEmpty { rest = try nextPiece() }
            append(min(rest.count, wanted - (end - start)))
        } else {
            view = rest.isEmpty ? try nextPiece() : rest
            rest = UnsafeRawBufferPointer(start: nil, count: 0)
            (isJoint, start, end) = (false, 0, view.count)
        }
    }

    /// Puts what is at hand at the beginning of `joint`, unless it stands there.
    private mutating func join() {
        guard !isJoint else { return }
        let left = bytes
        reserve(left.count)
        joint.copyMemory(from: left)
        (isJoint, start, end) = (true, 0, left.count)
        view = UnsafeRawBufferPointer(joint)
    }

    /// Adds octets of `rest` to `joint`.
    private mutating func append(_ count: Int) {
        reserve(count)
        UnsafeMutableRawBufferPointer(rebasing: joint[end...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
        end += count
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }

    /// Makes room in `joint` for so many octets behind `end`, or behind its beginning where it holds none.
    private mutating func reserve(_ count: Int) {
        let used = isJoint ? end : 0
        guard joint.count - used < count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(2 * joint.count, used + count), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: joint[..<used]))
        joint.deallocate()
        joint = larger
        if isJoint { view = UnsafeRawBufferPointer(joint) }
    }

    private mutating func nextPiece() throws(CaptureError) -> UnsafeRawBufferPointer {
        let next: UnsafeRawBufferPointer
        if let lent = try source.lend() {
            next = lent
        } else {
            let piece = self.piece ?? .allocate(byteCount: Self.pieceSize, alignment: 16)
            self.piece = piece
            let got = try source.read(into: piece)
            next = UnsafeRawBufferPointer(rebasing: piece[..<min(max(0, got), piece.count)])
        }
        isAtEnd = next.isEmpty
        return next
    }
}
