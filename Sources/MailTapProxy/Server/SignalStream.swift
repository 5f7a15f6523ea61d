// Dispatch sources may be cancelled from any thread; the module does not say so on Linux.
@preconcurrency import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// SIGINT and SIGTERM as an asynchronous sequence, for a process that wants to end in order.
public struct SignalStream: AsyncSequence, Sendable {
    /// The signal's number.
    public typealias Element = Int32
    /// Gives the signals in the order in which they come.
    public typealias AsyncIterator = AsyncStream<Int32>.AsyncIterator

    private let stream: AsyncStream<Int32>

    /// Catches these signals from now on; their default actions are switched off for the whole process.
    public init(_ signals: [Int32]) {
        stream = AsyncStream { continuation in
            let sources = signals.map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.yield(number) }
                source.resume()
                return source
            }
            continuation.onTermination = { _ in
                for source in sources { source.cancel() }
            }
        }
    }

    /// The signals, from the first that came.
    public func makeAsyncIterator() -> AsyncIterator { stream.makeAsyncIterator() }
}
