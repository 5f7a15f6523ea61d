/// An expression that chooses sessions: `-f`, `--filter` (documented by `mailtap help filter`).
///
/// Fields of an exchange (`smtp.req.command`, `smtp.response.code` …) that are joined by `and` speak of the same exchange,
/// those of a message of the same message, those of a finding of the same finding; a negation speaks of the whole
/// session: none of its exchanges may match.
public struct SessionFilter: Sendable {
    let root: FilterNode

    /// Reads an expression.
    ///
    /// - Parameter whenGivingUp: called with a sentence where a regular expression takes more steps on some text than it
    ///   may, once for each; the text counts as no match.
    /// - Throws: `FilterError` with the place of what is wrong.
    public init(
        parsing text: String, whenGivingUp: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(FilterError) {
        var parser = try FilterParser(text, whenGivingUp: whenGivingUp)
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

/// Of which things of a session an expression speaks.
struct FilterScope: OptionSet, Sendable {
    let rawValue: UInt8
    static let exchange = FilterScope(rawValue: 1)
    static let message = FilterScope(rawValue: 2)
    static let finding = FilterScope(rawValue: 4)
}

/// The exchange, message and finding that an expression is tried on; nil stands for none.
struct FilterPlace {
    var exchange: Int?
    var message: Int?
    var finding: Int?
}

/// A part of an expression.
indirect enum FilterNode: Sendable {
    case and(FilterNode, FilterNode)
    case or(FilterNode, FilterNode)
    case not(FilterNode)
    case exists(FilterField)
    case compare(FilterField, FilterComparison)

    /// Whether some exchange, message and finding of the session fit.
    func matchesSomewhere(_ session: Session) -> Bool {
        let scope = scope
        func places(_ kind: FilterScope, _ indices: Range<Int>) -> [Int?] {
            scope.contains(kind) && !indices.isEmpty ? indices.map { $0 } : [nil]
        }
        let exchanges = places(.exchange, session.exchanges.indices)
        let messages = places(.message, session.messages.indices)
        let findings = places(.finding, session.findings.indices)
        for exchange in exchanges {
            for message in messages {
                for finding in findings
                where matches(session, FilterPlace(exchange: exchange, message: message, finding: finding)) {
                    return true
                }
            }
        }
        return false
    }

    /// What the expression speaks of, negations left out: they look at the whole session by themselves.
    private var scope: FilterScope {
        switch self {
        case .and(let one, let other), .or(let one, let other): one.scope.union(other.scope)
        case .not: []
        case .exists(let field), .compare(let field, _): field.scope
        }
    }

    private func matches(_ session: Session, _ place: FilterPlace) -> Bool {
        switch self {
        case .and(let one, let other): one.matches(session, place) && other.matches(session, place)
        case .or(let one, let other): one.matches(session, place) || other.matches(session, place)
        case .not(let inner): !inner.matchesSomewhere(session)
        case .exists(let field): !field.values(session, place).isEmpty
        case .compare(let field, let comparison): comparison.holds(among: field.values(session, place))
        }
    }
}
