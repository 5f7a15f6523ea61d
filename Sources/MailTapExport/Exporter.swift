public import MailTapAnalysis
public import MailTapCore

/// A session with what an exporter may need beside it.
public struct ExportItem: Sendable {
    /// The session.
    public var session: Session
    /// Its raw record; needed where `ExportFormat.needsTrace`.
    public var trace: Trace?
    /// The octets of its messages, in the order of `session.messages`; needed where `ExportFormat.needsContents`.
    public var contents: [[UInt8]]

    /// A session to export.
    public init(session: Session, trace: Trace? = nil, contents: [[UInt8]] = []) {
        self.session = session
        self.trace = trace
        self.contents = contents
    }

    /// The octets of message `index`, nil where they were not kept.
    public func content(_ index: Int) -> [UInt8]? { contents.indices.contains(index) ? contents[index] : nil }
}

/// What applies to every exporter.
public struct ExportOptions: Sendable {
    /// Whether secrets that are still there are shown.
    public var reveal: Bool
    /// Whether colours are wanted.
    public var color: Bool
    /// Columns of the terminal, at least 20.
    public var width: Int
    /// Whether messages are shown whole.
    public var full: Bool
    /// From which severity on a finding fails a test, for `junit` and `tap`.
    public var failingFrom = Severity.error
    /// Version of the program, for formats that name their maker.
    public var version: String

    /// The options; by default nothing is revealed, nothing coloured, and 100 columns are used.
    public init(
        reveal: Bool = false, color: Bool = false, width: Int = 100, full: Bool = false, version: String = "0"
    ) {
        self.reveal = reveal
        self.color = color
        self.width = max(20, width)
        self.full = full
        self.version = version
    }
}

/// Writes sessions in one format, one after another, as octets appended to a buffer that the caller empties.
///
/// Called in the order `begin`, any number of `session`, `end`, from one thread at a time. Never fails: what an item
/// lacks is left out.
public protocol Exporter {
    /// What stands in front of the first session.
    mutating func begin(into out: inout [UInt8])
    /// One session.
    mutating func session(_ item: ExportItem, into out: inout [UInt8])
    /// What stands behind the last session.
    mutating func end(into out: inout [UInt8])
}

extension Exporter {
    /// Writes what stands before the first session.
    public mutating func begin(into out: inout [UInt8]) {}
    /// Writes what stands behind the last session.
    public mutating func end(into out: inout [UInt8]) {}
}
