import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds the end of the last whole block of an existing recording, from its first block on.
///
/// It goes by the lengths that the blocks themselves state, from the file's beginning: what a peer once sent may look
/// like blocks, so the end can't be found from behind.
struct RecordingTail {
    /// What an existing file turned out to be.
    enum Finding: Equatable {
        /// A recording whose whole blocks end at this offset.
        case recording(end: Int)
        /// No recording, and why.
        case foreign(String)
        /// A recording with something else than blocks in its middle, and where.
        case damaged(at: Int)
    }

    /// A torn tail is at most one block long; a longer rest is damage.
    private static let maximumBlock = 64 << 20
    private static let window = 1 << 20

    private let descriptor: Int32
    private let size: Int
    private var buffer: [UInt8] = []
    private var bufferStart = 0

    private init(_ descriptor: Int32, size: Int) {
        self.descriptor = descriptor
        self.size = size
    }

    /// Examines the file behind `descriptor`, which is `size` octets long.
    ///
    /// - Parameters:
    ///   - descriptor: the file, open for reading.
    ///   - size: its length.
    ///   - header: what a recording begins with, for one that was cut within it.
    ///   - application: what the name of the writing application must begin with.
    static func find(_ descriptor: Int32, size: Int, header: [UInt8], application: String) -> Finding {
        var tail = Self(descriptor, size: size)
        // Nothing in an empty file says whose it is.
        guard size > 0 else {
            return .foreign("the file is empty; remove it if it was left by a run that was stopped as it began")
        }
        if size < header.count, header.starts(with: tail.octets(0, size)) { return .recording(end: 0) }
        if let reason = tail.foreignness(application) { return .foreign(reason) }
        var end = 0
        while end < size {
            guard let type = tail.number(end), let stated = tail.number(end + 4) else { break }
            let length = Int(stated)
            if length == 0, tail.isZero(from: end) { break }
            guard length >= 12, length & 3 == 0, length <= maximumBlock else { return .damaged(at: end) }
            guard length <= size - end else { break }
            guard tail.number(end + length - 4) == stated else { return .damaged(at: end) }
            if type == PcapNGWriter.BlockType.section, tail.number(end + 8) != PcapNGWriter.byteOrderMagic {
                return .damaged(at: end)
            }
            end += length
        }
        return .recording(end: end)
    }

    /// Why the file is no recording; nil if it is one.
    private mutating func foreignness(_ application: String) -> String? {
        guard number(0) == PcapNGWriter.BlockType.section, let length = number(4), let order = number(8) else {
            return "the file is there and no recording"
        }
        guard order == PcapNGWriter.byteOrderMagic else { return "the file is a pcapng of another byte order" }
        // Options of the section header: code, length, value padded to four octets.
        let end = min(Int(length), Self.window) - 4
        var offset = 24
        while offset + 4 <= end, let option = number(offset) {
            let code = option & 0xFFFF
            let length = Int(option >> 16)
            guard code != 0, offset + 4 + length <= end else { break }
            if code == 4, octets(offset + 4, length).starts(with: application.utf8) { return nil }
            offset += 4 + (length + 3) & ~3
        }
        return "the file is a pcapng that MailTap did not write"
    }

    /// The little-endian number at `offset`; nil where the file ends before its end.
    private mutating func number(_ offset: Int) -> UInt32? {
        guard load(offset, 4) else { return nil }
        let start = offset - bufferStart
        return UInt32(buffer[start]) | UInt32(buffer[start + 1]) << 8 | UInt32(buffer[start + 2]) << 16
            | UInt32(buffer[start + 3]) << 24
    }

    /// The `count` octets at `offset`; none where the file ends before their end.
    private mutating func octets(_ offset: Int, _ count: Int) -> ArraySlice<UInt8> {
        guard load(offset, count) else { return [] }
        return buffer[(offset - bufferStart)..<(offset - bufferStart + count)]
    }

    /// Sees to it that `buffer` holds the `count` octets at `offset`; false where the file has fewer.
    private mutating func load(_ offset: Int, _ count: Int) -> Bool {
        func isLoaded() -> Bool { offset >= bufferStart && offset + count <= bufferStart + buffer.count }
        guard !isLoaded() else { return true }
        guard offset >= 0, offset + count <= size else { return false }
        let wanted = min(max(count, Self.window), size - offset)
        let descriptor = descriptor
        bufferStart = offset
        buffer = [UInt8](unsafeUninitializedCapacity: wanted) { target, filled in
            filled = 0
            while filled < wanted, let base = target.baseAddress {
                let got = pread(descriptor, base + filled, wanted - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { break }
                filled += got
            }
        }
        return isLoaded()
    }

    /// Whether the rest of the file is zeros, as a power failure leaves it.
    private mutating func isZero(from offset: Int) -> Bool {
        var offset = offset
        while offset < size {
            let piece = octets(offset, min(Self.window, size - offset))
            guard !piece.isEmpty, piece.allSatisfy({ $0 == 0 }) else { return false }
            offset += piece.count
        }
        return true
    }
}
