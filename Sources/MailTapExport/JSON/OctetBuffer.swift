#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Octets that grow at their end, for output of which there is much: what an array would check at each step is left out.
///
/// Sendable, since memory that has one owner and can't be copied is used by one thread at a time.
struct OctetBuffer: ~Copyable, @unchecked Sendable {
    /// Room that there is from the beginning.
    private let initialCapacity: Int
    /// Never used outside `0..<capacity`: whatever writes has asked `reserve` for the room first.
    ///
    /// From the C library, which can make it larger and smaller where it is.
    private var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    /// An empty buffer.
    init(capacity: Int = 4_096) {
        initialCapacity = Swift.max(64, capacity)
        self.capacity = initialCapacity
        base = Self.memory(initialCapacity)
    }

    deinit { free(base) }

    /// What was written.
    var octets: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Takes out what was written, without a copy, in memory that is no larger than that; the buffer begins anew.
    mutating func cut() -> OctetPiece {
        let piece = OctetPiece(owning: Self.memory(Swift.max(1, count), insteadOf: base), count: count)
        capacity = initialCapacity
        base = Self.memory(capacity)
        count = 0
        return piece
    }

    /// Makes room for so many octets more.
    @inline(__always)
    private mutating func reserve(_ length: Int) {
        if capacity - count < length { grow(by: length) }
    }

    @inline(never)
    private mutating func grow(by length: Int) {
        capacity = Swift.max(capacity * 2, count + length)
        base = Self.memory(capacity, insteadOf: base)
    }

    /// So much memory, with what `old` held as far as there is room for it.
    private static func memory(
        _ size: Int, insteadOf old: UnsafeMutableRawPointer? = nil
    ) -> UnsafeMutableRawPointer {
        guard let memory = realloc(old, size) else { preconditionFailure("out of memory") }
        return memory
    }

    /// Gives `write` room for so many octets; it says how many it wrote.
    @inline(__always)
    mutating func append(upTo length: Int, _ write: (UnsafeMutableRawPointer) -> Int) {
        reserve(length)
        count += write(base + count)
    }

    /// Appends an octet.
    @inline(__always)
    mutating func append(_ octet: UInt8) {
        reserve(1)
        base.storeBytes(of: octet, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Appends text as it stands; a constant becomes a few stores.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        guard text.hasPointerRepresentation else { return }
        let length = text.utf8CodeUnitCount
        reserve(length)
        (base + count).copyMemory(from: text.utf8Start, byteCount: length)
        count += length
    }

    /// Appends octets as they stand.
    mutating func append(octets: UnsafeRawBufferPointer) {
        guard let start = octets.baseAddress else { return }
        reserve(octets.count)
        (base + count).copyMemory(from: start, byteCount: octets.count)
        count += octets.count
    }
}

extension [UInt8] {
    /// What a buffer holds.
    init(_ buffer: borrowing OctetBuffer) { self = Array(buffer.octets) }
}
