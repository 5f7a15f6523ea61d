import MailTapCore

/// Builds whole pcapng blocks (draft-ietf-opsawg-pcapng) in memory, little-endian, nanosecond times, Ethernet.
///
/// Pure: what to do with `bytes` is the owner's business.
struct PcapNGWriter {
    /// The block types that recordings use.
    enum BlockType {
        static let section: UInt32 = 0x0A0D_0D0A
        static let interface: UInt32 = 1
        static let packet: UInt32 = 6
        static let secrets: UInt32 = 10
    }

    /// The first number of a section's body; tells its byte order.
    static let byteOrderMagic: UInt32 = 0x1A2B_3C4D
    /// The type of secrets that are a TLS key log.
    static let tlsKeyLog: UInt32 = 0x544C_534B
    /// The most octets of one comment; an option's length has 16 bits.
    static let maximumComment = 65_000

    /// Whole blocks, one after another.
    private(set) var bytes: [UInt8] = []

    /// The blocks built so far; they are the caller's now, and their room is kept for the next ones.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Begins a section: the section header and its one interface.
    ///
    /// - Parameter application: the name of what writes it, for `shb_userappl`.
    mutating func beginSection(application: String) {
        sectionHeader(application: application)
        block(BlockType.interface) { bytes in
            bytes.appendLittle(1 as UInt16)  // LINKTYPE_ETHERNET
            bytes.appendLittle(0 as UInt16)
            bytes.appendLittle(0 as UInt32)  // no snapshot length
            Self.option(2, "mailtap".utf8, to: &bytes)  // if_name
            Self.option(9, CollectionOfOne(9 as UInt8), to: &bytes)  // if_tsresol: nanoseconds
            Self.endOfOptions(to: &bytes)
        }
    }

    /// Adds a section header of version 1.0.
    mutating func sectionHeader(application: String) {
        block(BlockType.section) { bytes in
            bytes.appendLittle(Self.byteOrderMagic)
            bytes.appendLittle(1 as UInt16)
            bytes.appendLittle(0 as UInt16)
            bytes.appendLittle(-1 as Int64)  // the section's length is not known yet
            Self.option(4, application.utf8, to: &bytes)
            Self.endOfOptions(to: &bytes)
        }
    }

    /// Adds a packet.
    ///
    /// - Parameters:
    ///   - time: its moment; before 1970 counts as 1970.
    ///   - segment: its headers.
    ///   - payload: what it carries, at most `WrittenSegment.maximumPayload` octets.
    ///   - comments: its comments, each cut at `maximumComment` octets.
    mutating func packet(at time: Timestamp, _ segment: WrittenSegment, payload: RawSpan, comments: [String] = []) {
        let moment = UInt64(max(0, time.nanoseconds))
        let length = UInt32(truncatingIfNeeded: segment.headerLength + payload.byteCount)
        block(BlockType.packet) { bytes in
            bytes.appendLittle(0 as UInt32)
            bytes.appendLittle(UInt32(truncatingIfNeeded: moment >> 32))
            bytes.appendLittle(UInt32(truncatingIfNeeded: moment))
            bytes.appendLittle(length)
            bytes.appendLittle(length)
            segment.append(to: &bytes, payload: payload)
            Self.pad(&bytes, Int(length))
            guard !comments.isEmpty else { return }
            for comment in comments { Self.option(1, comment.utf8, to: &bytes) }
            Self.endOfOptions(to: &bytes)
        }
    }

    mutating func block(_ type: UInt32, _ body: (inout [UInt8]) -> Void) {
        let start = bytes.count
        bytes.appendLittle(type)
        bytes.appendLittle(0 as UInt32)
        body(&bytes)
        let length = UInt32(truncatingIfNeeded: bytes.count - start + 4)
        bytes.appendLittle(length)
        for index in 0..<4 { bytes[start + 4 + index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
    }

    static func option(_ code: UInt16, _ value: some Collection<UInt8>, to bytes: inout [UInt8]) {
        var count = min(value.count, maximumComment)
        if count < value.count {
            // Cut between characters: back to the first octet that does not continue one.
            while count > 0, value[value.index(value.startIndex, offsetBy: count)] & 0xC0 == 0x80 { count -= 1 }
        }
        bytes.appendLittle(code)
        bytes.appendLittle(UInt16(truncatingIfNeeded: count))
        bytes.append(contentsOf: value.prefix(count))
        pad(&bytes, count)
    }

    static func endOfOptions(to bytes: inout [UInt8]) { bytes.appendLittle(0 as UInt32) }

    static func pad(_ bytes: inout [UInt8], _ length: Int) {
        for _ in 0..<(-length & 3) { bytes.append(0) }
    }
}
