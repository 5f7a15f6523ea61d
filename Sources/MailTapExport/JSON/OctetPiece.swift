#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Octets that were written and change no more, where they were written.
///
/// Sendable in truth: nobody writes them, and they go with the last who holds them.
final class OctetPiece: @unchecked Sendable {
    private let start: UnsafeMutableRawPointer
    private let count: Int

    /// Takes over memory that `malloc` gave, of which the first `count` octets were written.
    init(owning start: UnsafeMutableRawPointer, count: Int) { (self.start, self.count) = (start, count) }

    deinit { free(start) }

    /// Gives the octets to `use`, valid during the call.
    func withOctets<Result>(_ use: (UnsafeRawBufferPointer) -> Result) -> Result {
        withExtendedLifetime(self) { use(UnsafeRawBufferPointer(start: start, count: count)) }
    }
}
