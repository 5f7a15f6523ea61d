import MailTapCore

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
    case matches(TextPattern)
    case oneOf([FilterRange])

    /// Whether one of the values fits; for `!=`, as in Wireshark, whether there are values and none is equal.
    func holds(among values: [FilterValue]) -> Bool {
        if case .order(.unequal, let wanted) = self {
            return !values.isEmpty && !values.contains { Self.holds(.equal, $0, wanted) }
        }
        return values.contains { holds($0) }
    }

    private func holds(_ value: FilterValue) -> Bool {
        switch self {
        case .order(let order, let wanted): Self.holds(order, value, wanted)
        case .contains(let part):
            if case .text(let text) = value { text.lowercased().contains(part.lowercased()) } else { false }
        case .matches(let pattern):
            if case .text(let text) = value { pattern.matches(text) } else { false }
        case .oneOf(let ranges): ranges.contains { $0.contains(value) }
        }
    }

    static func holds(_ order: Order, _ value: FilterValue, _ wanted: FilterValue) -> Bool {
        switch (value, wanted) {
        case (.number(let left), .number(let right)): return holds(order, left, right)
        case (.text(let left), .text(let right)):
            if order == .equal, let address = IPAddress(left) {
                if let network = IPNetwork(right) { return network.contains(address) }
                if let other = IPAddress(right) { return address.unmapped == other.unmapped }
            }
            // `note` is below `warning` is below `error`.
            if let one = Severity(rawValue: left), let other = Severity(rawValue: right) {
                return holds(order, one, other)
            }
            // A rule or an enhanced status code may be named by its beginning and a star.
            if order == .equal, right.utf8.count > 1, right.hasSuffix("*") {
                return left.lowercased().hasPrefix(right.lowercased().dropLast())
            }
            return holds(order, left.lowercased(), right.lowercased())
        case (.number(let left), .text(let right)): return Double(right).map { holds(order, left, $0) } ?? false
        case (.text(let left), .number(let right)): return Double(left).map { holds(order, $0, right) } ?? false
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

/// One of the values behind `in`: a single one, or `550..559`.
struct FilterRange: Sendable {
    var first: FilterValue
    var last: FilterValue

    func contains(_ value: FilterValue) -> Bool {
        if first == last { return FilterComparison.holds(.equal, value, first) }
        return FilterComparison.holds(.greaterOrEqual, value, first)
            && FilterComparison.holds(.lessOrEqual, value, last)
    }
}
