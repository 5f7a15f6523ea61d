import MailTapAnalysis
import MailTapCore

/// A rule that replaces hosts, addresses or tokens in a recording before it is played.
public struct RewriteRule: Sendable, Hashable {
    private enum Pattern: Sendable, Hashable {
        case literal([UInt8])
        case regex(TextPattern)
    }

    private let pattern: Pattern
    private let replacement: String

    /// In a replacement, stands for a number that is another one each time a session is played.
    public static let counter = "{n}"

    /// Reads `OLD=NEW`, or `/REGEX/=NEW` with `$1` to `$9` for what its groups matched; nil where it is neither.
    ///
    /// - Parameter whenGivingUp: called once, with a sentence about it, where the regular expression takes more steps on
    ///   some text than it may.
    public init?(parsing text: String, whenGivingUp: @escaping @Sendable (String) -> Void = { _ in }) {
        if text.hasPrefix("/"), let end = text.firstRange(of: "/=") {
            let source = String(text[text.index(after: text.startIndex)..<end.lowerBound])
            guard !source.isEmpty, let regex = try? TextPattern(source, whenGivingUp: whenGivingUp) else { return nil }
            pattern = .regex(regex)
            replacement = String(text[end.upperBound...])
        } else {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
            pattern = .literal([UInt8](text[..<equals].utf8))
            replacement = String(text[text.index(after: equals)...])
        }
    }

    /// The octets with every match replaced; what is not text stays as it is.
    ///
    /// - Parameter number: what `{n}` in the replacement stands for.
    func apply(to octets: [UInt8], number: Int) -> [UInt8] {
        let new = replacement.replacing(Self.counter, with: String(number))
        switch pattern {
        case .literal(let old): return Octets.replacing(old, in: octets, with: [UInt8](new.utf8))
        case .regex(let regex):
            let (text, isLatin1) = WireText.decode(octets)
            let result = regex.replacing(in: text) { Self.fill(new, $0) }
            // Octets that are no UTF-8 were read as Latin-1, and go back the same way where they fit.
            return isLatin1
                ? result.unicodeScalars.flatMap { $0.value < 256 ? [UInt8($0.value)] : [UInt8](String($0).utf8) }
                : [UInt8](result.utf8)
        }
    }

    private static func fill(_ template: String, _ match: TextPattern.Match) -> String {
        var result = ""
        var characters = template[...]
        while let character = characters.popFirst() {
            guard character == "$", let digit = characters.first?.wholeNumberValue, digit < match.groupCount else {
                result.append(character)
                continue
            }
            characters.removeFirst()
            result += match.group(digit) ?? ""
        }
        return result
    }
}
