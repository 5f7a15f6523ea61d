import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SIGINT and SIGTERM as the end of an input that has none of its own: the first ends it in order, a second the program.
enum Interruption {
    private static let signalled = Atomic<Bool>(false)

    /// Whether one came since `watch`.
    static var came: Bool { signalled.load(ordering: .relaxed) }

    /// Catches the next one.
    static func watch() {
        var action = sigaction()
        // Storing a flag is all that a handler may do.
        action.__sigaction_handler.sa_handler = { _ in Interruption.signalled.store(true, ordering: .relaxed) }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
    }
}
