#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A library that is used where the system has it, and missed only by those who need it.
///
/// Loaded at run time, so that neither a build nor an installed executable depends on it.
struct DynamicLibrary {
    private let handle: UnsafeMutableRawPointer

    /// Loads the first of these names that is there; nil where none is.
    init?(_ names: String...) {
        for name in names {
            if let found = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
                handle = found
                return
            }
        }
        return nil
    }

    /// The C function of this name; nil where the library has none.
    ///
    /// `Function` is a `@convention(c)` type that matches the library's stable interface: that is the caller's word.
    func function<Function>(_ name: String, as type: Function.Type = Function.self) -> Function? {
        guard MemoryLayout<Function>.size == MemoryLayout<UnsafeMutableRawPointer>.size else { return nil }
        // A C function pointer is what `dlsym` gives, and both are one word.
        return dlsym(handle, name).map { unsafeBitCast($0, to: type) }
    }
}
