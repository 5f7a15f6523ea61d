import CMalloc

/// The C library's allocator.
enum Allocator {
    /// Sets it up for reading: many small blocks that come and go, on every thread that reads.
    ///
    /// By default it gives memory back to the system and asks for it again all the time (page faults), and puts freed
    /// blocks together in great batches.
    static func prepareForReading() {
        #if canImport(Glibc)
            _ = mallopt(M_MXFAST, 0)
            _ = mallopt(M_MMAP_THRESHOLD, 32 << 20)
            _ = mallopt(M_TRIM_THRESHOLD, 64 << 20)
            _ = mallopt(M_TOP_PAD, 4 << 20)
        #endif
    }

    /// Gives the calling thread's heap room at once, untouched: it would ask the system for each page of it.
    static func makeRoom() {
        #if canImport(Glibc)
            guard let room = malloc(24 << 20) else { return }
            // The use keeps the compiler from leaving both out.
            if malloc_usable_size(room) > 0 { free(room) }
        #endif
    }
}
