#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension RawSpan {
    /// Offset of the first `octet` at or after `start`, or nil.
    ///
    /// The only home of `memchr`.
    public func firstIndex(of octet: UInt8, from start: Int = 0) -> Int? {
        guard start < byteCount else { return nil }
        return withUnsafeBytes { buffer -> Int? in
            // The buffer is non-empty and `start` lies within it, so base and the searched range are valid.
            guard let base = buffer.baseAddress, let found = memchr(base + start, Int32(octet), buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// The octet at `offset`, which the caller has checked; bounds are checked again.
    public subscript(octet offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}

extension Array where Element == UInt8 {
    /// A copy of a span's octets.
    public init(copying span: RawSpan) {
        self = span.withUnsafeBytes { [UInt8]($0) }
    }
}
