import MailTapCore

/// Reads filter expressions.
///
/// ```
/// or   = and { ("or" | "||") and }        and  = not { ["and" | "&&"] not }
/// not  = ("not" | "!") not | "(" or ")" | word ":" value | field [ operator value ]
/// ```
struct FilterParser {
    private struct Token {
        enum Kind: Equatable { case word, string, symbol }
        var kind: Kind
        var text: String
        var offset: Int
    }

    private let expression: String
    private var tokens: [Token] = []
    private var index = 0
    private var depth = 0

    init(_ expression: String) throws(FilterError) {
        self.expression = expression
        try scan()
    }

    mutating func whole() throws(FilterError) -> FilterNode {
        let node = try or()
        if let rest = peek { throw error("\"\(rest.text)\" is not expected here", at: rest.offset) }
        return node
    }

    // MARK: Grammar

    private mutating func or() throws(FilterError) -> FilterNode {
        var node = try and()
        while take("or") || take("||") { node = .or(node, try and()) }
        return node
    }

    private mutating func and() throws(FilterError) -> FilterNode {
        var node = try not()
        while let next = peek, next.text != ")" || next.kind == .string,
            !["or", "||"].contains(next.text) || next.kind == .string
        {
            _ = take("and") || take("&&")
            node = .and(node, try not())
        }
        return node
    }

    private mutating func not() throws(FilterError) -> FilterNode {
        depth += 1
        defer { depth -= 1 }
        guard depth < 100 else { throw error("it is nested too deeply", at: peek?.offset ?? 0) }
        if take("not") || take("!") { return .not(try not()) }
        if take("(") {
            let node = try or()
            guard take(")") else { throw error("a \")\" is missing", at: peek?.offset ?? expression.count) }
            return node
        }
        return try term()
    }

    private mutating func term() throws(FilterError) -> FilterNode {
        guard let token = next() else { throw error("something is missing at the end", at: expression.count) }
        guard token.kind == .word else { throw error("a field is expected, not \"\(token.text)\"", at: token.offset) }
        if let colon = token.text.firstIndex(of: ":") {
            var value = String(token.text[token.text.index(after: colon)...])
            if value.isEmpty, let quoted = peek, quoted.kind == .string {
                value = quoted.text
                index += 1
            }
            return try shorthand(String(token.text[..<colon]).lowercased(), value, token.offset)
        }
        guard let field = FilterField(named: token.text) else {
            throw error("there is no field \"\(token.text)\"; see mailtap help filter", at: token.offset)
        }
        return try comparison(of: field)
    }

    private mutating func comparison(of field: FilterField) throws(FilterError) -> FilterNode {
        guard let token = peek, token.kind != .string else { return .exists(field) }
        let words = ["eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="]
        if let order = FilterComparison.Order(rawValue: words[token.text] ?? token.text) {
            index += 1
            return .compare(field, .order(order, try value()))
        }
        switch token.text {
        case "contains":
            index += 1
            return .compare(field, .contains(try text()))
        case "matches", "~":
            index += 1
            let offset = peek?.offset ?? expression.count
            guard let pattern = FilterPattern(try text()) else {
                throw error("this is no regular expression", at: offset)
            }
            return .compare(field, .matches(pattern))
        case "in":
            index += 1
            return .compare(field, .oneOf(try ranges()))
        case "not" where index + 1 < tokens.count && tokens[index + 1].text == "in":
            index += 2
            return .not(.compare(field, .oneOf(try ranges())))
        default: return .exists(field)
        }
    }

    /// `from:`, `has:attachment`, `larger:1M` … as search boxes of mail programs know them.
    private func shorthand(_ name: String, _ value: String, _ offset: Int) throws(FilterError) -> FilterNode {
        switch (name, value.lowercased()) {
        case ("has", "attachment"): return .exists(.attachment)
        case ("has", "findings"), ("has", "finding"): return .exists(.rule)
        case ("has", "message"): return .compare(.messages, .order(.greater, .number(0)))
        case ("has", "report"): return .exists(.report)
        case ("has", "login"): return .exists(.user)
        case ("is", "failed"):
            return .or(
                .compare(.smtpCode, .order(.greaterOrEqual, .number(400))),
                .or(
                    .compare(.popIndicator, .order(.equal, .text("-ERR"))),
                    .not(.compare(.ending, .order(.equal, .text("quit"))))))
        case ("is", "encrypted"), ("is", "tls"): return .exists(.tls)
        case ("from", _): return .compare(.from, .contains(value))
        case ("to", _): return .compare(.to, .contains(value))
        case ("subject", _): return .compare(.subject, .contains(value))
        case ("rule", _): return .compare(.rule, .order(.equal, .text(value)))
        case ("severity", _): return .compare(.severity, .order(.equal, .text(value)))
        case ("aspect", _): return .compare(.aspect, .order(.equal, .text(value)))
        case ("user", _): return .compare(.user, .contains(value))
        case ("side", _): return .compare(.side, .order(.equal, .text(value)))
        case ("larger", _), ("smaller", _):
            guard let size = Self.size(value) else { throw error("\"\(value)\" is no size such as 500K", at: offset) }
            return .compare(.size, .order(name == "larger" ? .greater : .less, .number(size)))
        case ("before", _), ("after", _):
            guard let moment = Self.moment(value) else {
                throw error("\"\(value)\" is no time such as 2026-11-23 or 2026-11-23T06:00:00Z", at: offset)
            }
            return .compare(.started, .order(name == "before" ? .less : .greaterOrEqual, .number(moment)))
        default: throw error("there is no \"\(name):\(value)\"; see mailtap help filter", at: offset)
        }
    }

    /// `{A, B, C..D}`.
    private mutating func ranges() throws(FilterError) -> [FilterRange] {
        guard take("{") else { throw error("\"in\" wants {values}", at: peek?.offset ?? expression.count) }
        var ranges: [FilterRange] = []
        while !take("}") {
            guard let token = peek else { throw error("a \"}\" is missing", at: expression.count) }
            if token.kind == .word, let dots = token.text.firstRange(of: ".."),
                let first = Double(token.text[..<dots.lowerBound]), let last = Double(token.text[dots.upperBound...])
            {
                index += 1
                ranges.append(FilterRange(first: .number(first), last: .number(last)))
            } else {
                let single = try value()
                ranges.append(FilterRange(first: single, last: single))
            }
            _ = take(",")
        }
        return ranges
    }

    // MARK: Values

    private mutating func value() throws(FilterError) -> FilterValue {
        guard let token = next() else { throw error("a value is missing at the end", at: expression.count) }
        guard token.kind != .symbol else { throw error("a value is expected, not \"\(token.text)\"", at: token.offset) }
        if token.kind == .word, let number = Double(token.text) { return .number(number) }
        return .text(token.text)
    }

    private mutating func text() throws(FilterError) -> String {
        guard let token = next(), token.kind != .symbol else {
            throw error("a text is missing", at: peek?.offset ?? expression.count)
        }
        return token.text
    }

    private static func size(_ text: String) -> Double? {
        let units: [Character: Double] = ["K": 1e3, "M": 1e6, "G": 1e9]
        let number = text.uppercased().drop { _ in false }
        let digits = number.hasSuffix("B") ? number.dropLast() : number
        if let last = digits.last, let unit = units[last] { return Double(digits.dropLast()).map { $0 * unit } }
        return Double(digits)
    }

    private static func moment(_ text: String) -> Double? {
        let whole = text.contains("T") ? text : text + "T00:00:00Z"
        return TimeText.parse(moment: whole.utf8).map { Double($0.nanoseconds) / 1e9 }
    }

    // MARK: Tokens

    private var peek: Token? { index < tokens.count ? tokens[index] : nil }

    private mutating func next() -> Token? {
        defer { index += 1 }
        return peek
    }

    private mutating func take(_ text: String) -> Bool {
        guard let token = peek, token.kind != .string, token.text == text else { return false }
        index += 1
        return true
    }

    private func error(_ problem: String, at offset: Int) -> FilterError {
        FilterError(expression: expression, offset: offset, problem: problem)
    }

    private mutating func scan() throws(FilterError) {
        let characters = Array(expression)
        var at = 0
        while at < characters.count {
            let start = at
            let character = characters[at]
            at += 1
            if character.isWhitespace { continue }
            if character == "\"" || character == "'" {
                var text = ""
                while at < characters.count, characters[at] != character {
                    if characters[at] == "\\", at + 1 < characters.count,
                        [character, "\\"].contains(characters[at + 1])
                    {
                        at += 1
                    }
                    text.append(characters[at])
                    at += 1
                }
                guard at < characters.count else { throw error("the text is not closed", at: start) }
                at += 1
                tokens.append(Token(kind: .string, text: text, offset: start))
            } else if "(){},".contains(character) {
                tokens.append(Token(kind: .symbol, text: String(character), offset: start))
            } else if "=!<>&|~".contains(character) {
                var text = String(character)
                if at < characters.count, "=&|".contains(characters[at]) {
                    text.append(characters[at])
                    at += 1
                }
                tokens.append(Token(kind: .symbol, text: text, offset: start))
            } else {
                while at < characters.count, !characters[at].isWhitespace, !"(){},\"'=!<>&|~".contains(characters[at]) {
                    at += 1
                }
                tokens.append(Token(kind: .word, text: String(characters[start..<at]), offset: start))
            }
        }
    }
}

extension SessionFilter {
    /// The fields, each with what it means.
    public static var fields: [(name: String, meaning: String)] {
        FilterField.allCases.map { ($0.rawValue, $0.meaning) }
    }
}
