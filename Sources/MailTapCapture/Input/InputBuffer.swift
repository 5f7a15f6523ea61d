/// A window onto a source: octets read ahead in big pieces, of which a reader takes whole records.
///
/// Grows only as octets really arrive, so a length that a header claims costs no memory.
struct InputBuffer: ~Copyable {
    /// What the buffer starts with: small enough to stay in the processor's cache while its packets are read.
    static let pieceSize = 128 << 10

    private let source: any ByteSource
    private var storage: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    /// Octets consumed so far.
    private(set) var offset: UInt64 = 0

    init(_ source: any ByteSource) {
        self.source = source
        storage = .allocate(byteCount: Self.pieceSize, alignment: 16)
    }

    deinit { storage.deallocate() }

    /// Number of octets at hand.
    var count: Int { end - start }

    /// The octets at hand; valid until the next call of a mutating function.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[start..<end]) }

    /// Reads on until `wanted` octets are at hand; false where the source ends before.
    mutating func fill(_ wanted: Int) throws(CaptureError) -> Bool {
        if end - start >= wanted { return true }
        return try fillSlowly(wanted)
    }

    /// The same, telling `handler` now and then that time passes while nothing comes.
    @inline(__always)
    mutating func fill(
        _ wanted: Int, idling handler: inout some PacketHandler & ~Copyable
    ) throws(CaptureError) -> Bool {
        if end - start >= wanted { return true }
        while end - start < wanted, !isAtEnd {
            while !source.isReady(within: Self.patience) { handler.idle(milliseconds: Int64(Self.patience)) }
            try readOnce()
        }
        return end - start >= wanted
    }

    /// Milliseconds of waiting after which time counts as passing.
    private static let patience: Int32 = 200

    /// Whether octets are at hand, or the source is ready.
    func isReady(within milliseconds: Int32) -> Bool { start < end || source.isReady(within: milliseconds) }

    private mutating func fillSlowly(_ wanted: Int) throws(CaptureError) -> Bool {
        while end - start < wanted {
            guard !isAtEnd else { return false }
            try readOnce()
        }
        return true
    }

    private mutating func readOnce() throws(CaptureError) {
        makeRoom()
        let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
        if got <= 0 { isAtEnd = true } else { end += min(got, storage.count - end) }
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

    private mutating func makeRoom() {
        if start == end {
            start = 0
            end = 0
        } else if start > 0, end == storage.count || start > storage.count / 2 {
            let kept = end - start
            storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
            start = 0
            end = kept
        }
        guard end == storage.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: storage.count * 2, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
        storage.deallocate()
        storage = larger
    }
}
