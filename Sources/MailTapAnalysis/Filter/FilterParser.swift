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
    private let whenGivingUp: @Sendable (String) -> Void
    private var tokens: [Token] = []
    private var index = 0
    private var depth = 0

    init(_ expression: String, whenGivingUp: @escaping @Sendable (String) -> Void) throws(FilterError) {
        self.expression = expression
        self.whenGivingUp = whenGivingUp
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
            let name = token.text[..<colon]
            var value = Token(
                kind: .word, text: String(token.text[token.text.index(after: colon)...]),
                offset: token.offset + name.count + 1)
            if value.text.isEmpty, let quoted = peek, quoted.kind == .string {
                value = quoted
                index += 1
            }
            return try shorthand(name.lowercased(), value, token.offset)
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
            guard order == .equal || order == .unequal || field.kind.isOrdered else {
                throw error("\(field.rawValue) has no order: compare it by == or !=", at: token.offset)
            }
            return .compare(field, .order(order, try value(of: field)))
        }
        switch token.text {
        case "=": throw error("\"equals\" is written ==", at: token.offset)
        case "contains":
            index += 1
            try requireText(field, token)
            let offset = peek?.offset ?? expression.count
            let part = try text()
            guard !part.isEmpty else { throw error("everything contains an empty text", at: offset) }
            return .compare(field, .contains(part))
        case "matches", "~":
            index += 1
            try requireText(field, token)
            let offset = peek?.offset ?? expression.count
            return .compare(field, .matches(try pattern(text(), at: offset)))
        case "in":
            index += 1
            return .compare(field, .oneOf(try ranges(of: field)))
        case "not" where index + 1 < tokens.count && tokens[index + 1].text == "in":
            index += 2
            return .not(.compare(field, .oneOf(try ranges(of: field))))
        default: return .exists(field)
        }
    }

    private func pattern(_ source: String, at offset: Int) throws(FilterError) -> TextPattern {
        do { return try TextPattern(source, ignoringCase: true, whenGivingUp: whenGivingUp) } catch {
            throw self.error(
                "this is no regular expression: \(error.text), at offset \(error.offset) of it", at: offset)
        }
    }

    private func requireText(_ field: FilterField, _ token: Token) throws(FilterError) {
        guard !field.kind.isText else { return }
        throw error("\(field.rawValue) is no text: compare it by ==, < and the like", at: token.offset)
    }

    /// `from:`, `has:attachment`, `larger:1M` … as search boxes of mail programs know them.
    private func shorthand(_ name: String, _ value: Token, _ offset: Int) throws(FilterError) -> FilterNode {
        func compare(_ field: FilterField, _ order: FilterComparison.Order) throws(FilterError) -> FilterNode {
            .compare(field, .order(order, try self.value(of: field, value)))
        }
        func contains(_ field: FilterField) throws(FilterError) -> FilterNode {
            guard !value.text.isEmpty else { throw error("a text is missing behind \(name):", at: value.offset) }
            return .compare(field, .contains(value.text))
        }
        func address(_ field: FilterField) throws(FilterError) -> FilterNode {
            guard value.text.hasPrefix("<"), value.text.hasSuffix(">") else { return try contains(field) }
            return .compare(field, .order(.equal, .text(String(value.text.dropFirst().dropLast()))))
        }
        switch (name, value.text.lowercased()) {
        case ("has", "attachment"): return .exists(.attachment)
        case ("has", "findings"), ("has", "finding"): return .exists(.rule)
        case ("has", "message"): return .compare(.messages, .order(.greater, .number(0)))
        case ("has", "report"): return .exists(.report)
        case ("has", "login"): return .exists(.user)
        case ("has", _):
            throw error("has: knows attachment, findings, login, message and report", at: value.offset)
        case ("is", "failed"):
            return .or(
                .compare(.smtpCode, .order(.greaterOrEqual, .number(400))),
                .or(
                    .compare(.popIndicator, .order(.equal, .text("-ERR"))),
                    .not(.compare(.ending, .order(.equal, .text("quit"))))))
        case ("is", "encrypted"), ("is", "tls"): return .exists(.tls)
        case ("is", _): throw error("is: knows encrypted and failed", at: value.offset)
        case ("from", "") where value.kind == .string: return .compare(.from, .order(.equal, .text("")))
        case ("from", _): return try address(.from)
        case ("to", _): return try address(.to)
        case ("subject", _): return try contains(.subject)
        case ("user", _): return try contains(.user)
        case ("rule", _): return try compare(.rule, .equal)
        case ("severity", _): return try compare(.severity, .equal)
        case ("aspect", _): return try compare(.aspect, .equal)
        case ("side", _): return try compare(.side, .equal)
        case ("larger", _): return try compare(.size, .greater)
        case ("smaller", _): return try compare(.size, .less)
        case ("before", _): return try compare(.started, .less)
        case ("after", _): return try compare(.started, .greaterOrEqual)
        default: throw error("there is no \"\(name):\"; see mailtap help filter", at: offset)
        }
    }

    /// `{A, B, C..D}`.
    private mutating func ranges(of field: FilterField) throws(FilterError) -> [FilterRange] {
        let open = peek?.offset ?? expression.count
        guard take("{") else { throw error("\"in\" wants {values}", at: open) }
        guard !take("}") else { throw error("the set is empty", at: open) }
        var ranges: [FilterRange] = []
        repeat {
            guard let token = peek else { throw error("a \"}\" is missing", at: expression.count) }
            if token.kind == .word, let dots = token.text.firstRange(of: "..") {
                index += 1
                ranges.append(try range(of: field, token, dots))
            } else {
                let single = try value(of: field)
                ranges.append(FilterRange(first: single, last: single))
            }
            if take("}") { return ranges }
            // Values may stand side by side.
            _ = take(",")
        } while true
    }

    private func range(
        of field: FilterField, _ token: Token, _ dots: Range<String.Index>
    ) throws(FilterError) -> FilterRange {
        let ends = (String(token.text[..<dots.lowerBound]), String(token.text[dots.upperBound...]))
        guard case .number(let first)? = field.kind.value(ends.0), case .number(let last)? = field.kind.value(ends.1)
        else {
            throw error("\"\(ShownText.of(token.text))\" is no range of \(field.rawValue)", at: token.offset)
        }
        guard first <= last else { throw error("the range ends before it begins", at: token.offset) }
        return FilterRange(first: .number(first), last: .number(last))
    }

    // MARK: Values

    private mutating func value(of field: FilterField) throws(FilterError) -> FilterValue {
        guard let token = next() else { throw error("a value is missing at the end", at: expression.count) }
        if token.text == "<", token.kind == .symbol, take(">") {
            return try value(of: field, Token(kind: .string, text: "<>", offset: token.offset))
        }
        guard token.kind != .symbol else { throw error("a value is expected, not \"\(token.text)\"", at: token.offset) }
        return try value(of: field, token)
    }

    private func value(of field: FilterField, _ token: Token) throws(FilterError) -> FilterValue {
        guard token.kind == .string || !token.text.isEmpty else { throw error("a value is missing", at: token.offset) }
        // The null sender, as it stands in MAIL FROM:<>.
        if field == .from, token.text == "<>" { return .text("") }
        guard let value = field.kind.value(token.text) else {
            throw error(field.kind.problem(token.text), at: token.offset)
        }
        return value
    }

    private mutating func text() throws(FilterError) -> String {
        guard let token = next(), token.kind != .symbol else {
            throw error("a text is missing", at: peek?.offset ?? expression.count)
        }
        return token.text
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
                // `from:<>` is one word, and so is `from:<alice@example.org>`.
                if characters[at - 1] == ":", at < characters.count, characters[at] == "<",
                    let close = characters[at...].firstIndex(of: ">")
                {
                    at = close + 1
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
