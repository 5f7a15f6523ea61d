public import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Captures live packets from an interface and gives their sessions to a sink.
///
/// Never blocks for longer than `tick`, so that time passes for what waits: lost segments, closed connections, key logs.
public final class LiveCapture {
    /// What was captured so far.
    public struct Summary: Sendable, Equatable {
        /// Packets read.
        public var packets: UInt64 = 0
        /// Packets that the kernel or the interface dropped, by their own account.
        public var dropped: UInt64 = 0
    }

    /// Milliseconds that a wait for packets takes at most.
    private static let tick: Int32 = 100
    /// Packets that are read before anything else gets its turn.
    private static let burst = 4_096

    private let handle: PcapHandle
    /// The interface.
    public let interface: String
    /// Takes the packets as they came; nil where nobody keeps them.
    public var savefile: LiveSavefile?
    /// What was captured so far.
    public private(set) var summary = Summary()

    /// Opens an interface; packets are captured from now on, and read by `run`.
    ///
    /// - Throws: `CaptureError`: no such interface, no permission, a filter that is none.
    public init(interface: String, options: LiveOptions) throws(CaptureError) {
        handle = try PcapHandle.open(interface, options)
        self.interface = interface
    }

    /// Whether MailTap reads this interface's link layer.
    public var isReadable: Bool { handle.link != nil }
    /// The link layer's number in savefiles (LINKTYPE).
    public var linkNumber: UInt16 { handle.linkNumber }

    /// Reads packets until `between` says to stop, then ends the sessions that are open.
    ///
    /// - Parameters:
    ///   - sink: takes the sessions, whose source is the interface's name.
    ///   - limits: bounds of memory, and times after which what stays away is lost.
    ///   - between: called at least ten times a second with the time; false ends the capture.
    /// - Throws: `CaptureError` when the interface fails (goes down, is removed); the sessions have ended then.
    public func run(
        into sink: any TraceSink, limits: ReassemblyLimits = .live, between: (Timestamp) -> Bool
    ) throws(CaptureError) {
        var pipeline = CapturePipeline(
            reader: CaptureReader(limits: limits), source: interface, sink: sink, report: nil)
        var failure: CaptureError?
        while failure == nil {
            do throws(CaptureError) {
                if try readBurst(into: &pipeline) < Self.burst { wait() }
            } catch {
                failure = error
            }
            let now = Self.now()
            pipeline.advance(to: now)
            summary.dropped = handle.counts().dropped
            if !between(now) { break }
        }
        // What the kernel holds already belongs to what was captured.
        if failure == nil { while (try? readBurst(into: &pipeline)) ?? 0 > 0 {} }
        pipeline.finish()
        if let failure { throw failure }
    }

    private func readBurst(into pipeline: inout CapturePipeline) throws(CaptureError) -> Int {
        var count = 0
        while count < Self.burst {
            let savefile = savefile
            let isPacket = try handle.next { record, bytes in
                savefile?.add(record, bytes)
                pipeline.packet(record, bytes)
            }
            guard isPacket else { break }
            count += 1
        }
        summary.packets &+= UInt64(count)
        return count
    }

    private func wait() {
        guard handle.descriptor >= 0 else {
            usleep(10_000)
            return
        }
        var entry = pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, Self.tick)
    }

    private static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
}
