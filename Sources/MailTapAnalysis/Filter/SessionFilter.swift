/// An expression that chooses sessions: `-f`, `--filter` (documented by `mailtap help filter`).
///
/// Fields of an exchange (`smtp.req.command`, `smtp.response.code` …) that are joined by `and` speak of the same exchange;
/// a negation speaks of the whole session: none of its exchanges may match.
public struct SessionFilter: Sendable {
    let root: FilterNode

    /// Reads an expression.
    ///
    /// - Throws: `FilterError` with the place of what is wrong.
    public init(parsing text: String) throws(FilterError) {
        var parser = try FilterParser(text)
        root = try parser.whole()
    }

    /// Whether the session is chosen.
    public func matches(_ session: Session) -> Bool { root.matchesSomewhere(session) }
}

/// What is wrong with a filter expression, and where.
public struct FilterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The expression.
    public var expression: String
    /// Offset in characters of what is wrong.
    public var offset: Int
    /// What is wrong.
    public var problem: String

    /// The expression with a mark under the place, and the problem.
    public var description: String {
        "the filter can't be read: \(problem)\n  \(expression)\n  \(String(repeating: " ", count: offset))^"
    }
}

/// A part of an expression.
indirect enum FilterNode: Sendable {
    case and(FilterNode, FilterNode)
    case or(FilterNode, FilterNode)
    case not(FilterNode)
    case exists(FilterField)
    case compare(FilterField, FilterComparison)

    func matchesSomewhere(_ session: Session) -> Bool {
        guard !session.exchanges.isEmpty else { return matches(session, nil) }
        return session.exchanges.indices.contains { matches(session, $0) }
    }

    private func matches(_ session: Session, _ exchange: Int?) -> Bool {
        switch self {
        case .and(let one, let other): one.matches(session, exchange) && other.matches(session, exchange)
        case .or(let one, let other): one.matches(session, exchange) || other.matches(session, exchange)
        case .not(let inner): !inner.matchesSomewhere(session)
        case .exists(let field): !field.values(session, exchange).isEmpty
        case .compare(let field, let comparison):
            field.values(session, exchange).contains { comparison.holds($0) }
        }
    }
}

/// A value of a field.
enum FilterValue: Sendable, Equatable {
    case number(Double)
    case text(String)
}

/// What a field is compared with.
enum FilterComparison: Sendable {
    enum Order: String, Sendable {
        case equal = "==", unequal = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    }

    case order(Order, FilterValue)
    case contains(String)
    case matches(FilterPattern)
    case oneOf([FilterValue])

    func holds(_ value: FilterValue) -> Bool {
        switch self {
        case .order(let order, let wanted): Self.holds(order, value, wanted)
        case .contains(let part):
            if case .text(let text) = value { text.lowercased().contains(part.lowercased()) } else { false }
        case .matches(let pattern):
            if case .text(let text) = value { pattern.matches(text) } else { false }
        case .oneOf(let values): values.contains { Self.holds(.equal, value, $0) }
        }
    }

    private static func holds(_ order: Order, _ value: FilterValue, _ wanted: FilterValue) -> Bool {
        switch (value, wanted) {
        case (.number(let left), .number(let right)): holds(order, left, right)
        case (.text(let left), .text(let right)): holds(order, left.lowercased(), right.lowercased())
        case (.number(let left), .text(let right)): Double(right).map { holds(order, left, $0) } ?? false
        case (.text(let left), .number(let right)): Double(left).map { holds(order, $0, right) } ?? (order == .unequal)
        }
    }

    private static func holds<Value: Comparable>(_ order: Order, _ left: Value, _ right: Value) -> Bool {
        switch order {
        case .equal: left == right
        case .unequal: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}

/// A regular expression, case aside.
struct FilterPattern: Sendable {
    private let source: String

    init?(_ source: String) {
        guard (try? Regex(source)) != nil else { return nil }
        self.source = source
    }

    func matches(_ text: String) -> Bool {
        // Compiled anew for each value: Regex is not Sendable, and filters run once a session.
        guard let regex = try? Regex(source).ignoresCase() else { return false }
        return text.firstMatch(of: regex) != nil
    }
}
