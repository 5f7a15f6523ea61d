#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Closes a descriptor; for methods that are themselves called `close`.
func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
