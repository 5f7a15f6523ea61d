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

    /// Measures the whole lines from `start` on, where a line begins, up to the first that begins with `stop`.
    public func wholeLines(from start: Int, stoppingAt stop: UInt8? = nil) -> LineRun {
        var run = LineRun(end: Swift.max(0, start))
        withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            // `run.end` is below the count whenever an octet is read there, and LFs are found inside the buffer.
            while run.end < buffer.count {
                let line = base + run.end
                if let stop, line.load(as: UInt8.self) == stop { return }
                guard let found = memchr(line, 10, buffer.count - run.end) else { return }
                let length = UnsafeRawPointer(found) - line
                if length > 0, line.load(fromByteOffset: length - 1, as: UInt8.self) == 13 {
                    run.endingInCRLF &+= 1
                    run.longest = Swift.max(run.longest, length - 1)
                } else {
                    run.endingInLF &+= 1
                    run.longest = Swift.max(run.longest, length)
                }
                run.end += length + 1
            }
        }
        return run
    }

    /// The octet at `offset`, which the caller has checked; bounds are checked again.
    public subscript(octet offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}

/// Whole lines, one behind the other.
public struct LineRun: Sendable, Equatable {
    /// The offset behind the last of them.
    public var end: Int
    /// How many end in CRLF, and how many in LF alone.
    public var endingInCRLF: UInt64 = 0, endingInLF: UInt64 = 0
    /// Octets of the longest, its line end not counted.
    public var longest = 0
}

extension Array where Element == UInt8 {
    /// A copy of a span's octets.
    public init(copying span: RawSpan) {
        self = span.withUnsafeBytes { [UInt8]($0) }
    }
}
