/// The lines of a reply: nearly always one, which then needs no array.
///
/// A collection as an array is; slices of it are an array's.
public struct WireLines: Sendable, Equatable {
    private enum Storage: Sendable, Equatable {
        case one(WireText)
        /// None, or at least two, or one that something took apart.
        case many([WireText])
    }

    private var storage: Storage

    /// No lines.
    public init() { storage = .many([]) }

    /// This line.
    init(only line: consuming WireText) { storage = .one(line) }

    /// These lines.
    public init(_ lines: [WireText]) { storage = lines.count == 1 ? .one(lines[0]) : .many(lines) }

    /// The lines as an array; as good as free where there are several.
    public var array: [WireText] {
        switch storage {
        case .one(let line): [line]
        case .many(let lines): lines
        }
    }

    /// The only line; nil where there are none or several.
    public var only: WireText? {
        switch storage {
        case .one(let line): line
        case .many(let lines): lines.count == 1 ? lines[0] : nil
        }
    }

    /// What rules ask of the lines first.
    var shape: WireLinesShape {
        switch storage {
        case .one(let line): return WireLinesShape(line)
        case .many(let lines):
            var shape = WireLinesShape()
            for index in lines.indices { shape.add(lines[index]) }
            shape.isOne = lines.count == 1
            return shape
        }
    }

    /// Adds a line.
    public mutating func append(_ line: WireText) {
        switch storage {
        case .one(let first):
            var lines: [WireText] = []
            lines.reserveCapacity(8)
            lines.append(first)
            lines.append(line)
            storage = .many(lines)
        case .many(var lines):
            if lines.isEmpty {
                storage = .one(line)
            } else {
                // Let go of it here, or appending would copy.
                storage = .many([])
                lines.append(line)
                storage = .many(lines)
            }
        }
    }
}

extension WireLines: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
    /// As an array's.
    public typealias Index = Int
    /// As an array's.
    public typealias SubSequence = ArraySlice<WireText>

    /// An empty slice has its place, too.
    private static let nothing = [WireText()]

    /// Always 0.
    public var startIndex: Int { 0 }

    /// How many there are.
    public var endIndex: Int {
        switch storage {
        case .one: 1
        case .many(let lines): lines.count
        }
    }

    /// The line at an index.
    public subscript(position: Int) -> WireText {
        get {
            switch storage {
            case .one(let line):
                precondition(position == 0, "a reply of one line has no other")
                return line
            case .many(let lines): return lines[position]
            }
        }
        set {
            var lines = array
            storage = .many([])
            lines[position] = newValue
            self = WireLines(lines)
        }
    }

    /// The lines at these indices.
    public subscript(bounds: Range<Int>) -> ArraySlice<WireText> {
        get {
            // What stands behind the only line is asked for often.
            if case .one = storage, bounds.isEmpty, bounds.lowerBound <= 1 { return Self.nothing[bounds] }
            return array[bounds]
        }
        set {
            var lines = array
            lines[bounds] = newValue
            self = WireLines(lines)
        }
    }

    /// Puts other lines in the place of some.
    public mutating func replaceSubrange(_ range: Range<Int>, with lines: some Collection<WireText>) {
        var changed = array
        changed.replaceSubrange(range, with: lines)
        self = WireLines(changed)
    }
}

extension WireLines: ExpressibleByArrayLiteral {
    /// These lines.
    public init(arrayLiteral lines: WireText...) { self.init(lines) }
}

/// What a reply's lines look like, in short.
struct WireLinesShape {
    /// Octets of the longest.
    private(set) var longest = 0
    /// Whether all octets are printable ASCII.
    private(set) var isPrintable = true
    /// Whether there is exactly one.
    fileprivate(set) var isOne = true

    fileprivate init() {}

    fileprivate init(_ line: WireText) { add(line) }

    fileprivate mutating func add(_ line: WireText) {
        longest = max(longest, line.count)
        if !line.withBytes({ $0.isPrintable }) { isPrintable = false }
    }
}
