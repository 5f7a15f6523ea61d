import MailTapCapture
import MailTapCore

/// A sink that can take one capture from several readers at a time, each of which follows its share of the connections.
protocol SharedSink: TraceSink {
    /// Begins with a capture that so many readers read; all of it was taken once every share is over.
    func share(among readers: Int) -> any ShareMerge
}

/// Brings together what several readers of one capture found.
protocol ShareMerge: AnyObject, Sendable {
    /// The sink of one share; to be called, and used, on the thread that reads it.
    ///
    /// - Parameter position: where its reader stands.
    func sink(of share: CaptureShare, _ position: PacketPosition) -> any ShareSink
    /// Whether it matters that octets which came again differed.
    var wantsConflicts: Bool { get }
    /// Whether nobody wants the rest.
    var isStopped: Bool { get }
}

/// Takes one share's sessions.
protocol ShareSink: TraceSink {
    /// Passes on what is finished; called now and then, and once more with `isOver` when nothing follows.
    func handOver(isOver: Bool)
}
