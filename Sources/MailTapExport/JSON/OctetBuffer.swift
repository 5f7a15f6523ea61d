/// Octets that grow at their end, for output of which there is much: what an array would check at each step is left out.
///
/// Sendable, since memory that has one owner and can't be copied is used by one thread at a time.
struct OctetBuffer: ~Copyable, @unchecked Sendable {
    /// Never used outside `0..<capacity`: whatever writes has asked `reserve` for the room first.
    private var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    /// An empty buffer.
    init(capacity: Int = 4_096) {
        self.capacity = Swift.max(64, capacity)
        base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// What was written.
    var octets: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Forgets what was written, and gives back memory that only an unusually long output needed.
    mutating func removeAll(keeping limit: Int = .max) {
        count = 0
        guard capacity > limit else { return }
        base.deallocate()
        capacity = Swift.max(64, limit)
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    /// Makes room for so many octets more.
    @inline(__always)
    private mutating func reserve(_ length: Int) {
        if capacity - count < length { grow(by: length) }
    }

    @inline(never)
    private mutating func grow(by length: Int) {
        let larger = Swift.max(capacity * 2, count + length)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        grown.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = grown
        capacity = larger
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
