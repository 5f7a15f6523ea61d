/// Numbers of any byte order inside a packet or a block. Offsets are checked by the caller and again by the span.
extension RawSpan {
    @inline(__always)
    func u8(_ offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    @inline(__always)
    func u16(_ offset: Int) -> UInt16 {
        UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inline(__always)
    func u32(_ offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always)
    func u64(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

/// Reads the numbers of a file whose byte order its first octets tell.
struct FileByteOrder {
    /// Whether the file's order is not this machine's.
    var isSwapped: Bool

    @inline(__always)
    func u16(_ span: RawSpan, _ offset: Int) -> UInt16 {
        let value = span.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
        return isSwapped ? value.byteSwapped : value
    }

    @inline(__always)
    func u32(_ span: RawSpan, _ offset: Int) -> UInt32 {
        let value = span.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return isSwapped ? value.byteSwapped : value
    }

    func u64(_ span: RawSpan, _ offset: Int) -> UInt64 {
        let value = span.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return isSwapped ? value.byteSwapped : value
    }
}
