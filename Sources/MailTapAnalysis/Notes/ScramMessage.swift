import MailTapCore

/// A message of SCRAM (RFC 5802 section 7): attributes of one letter each, between commas; the client's first has a header
/// in front that names the channel binding and whom to act as.
struct ScramMessage {
    private var attributes: [(letter: UInt8, value: ArraySlice<UInt8>)] = []
    /// The type of channel binding that the client asks for.
    private(set) var binding: ArraySlice<UInt8>?
    /// Whom the client wants to act as; nil where it says nothing.
    private(set) var actsAs: String?

    private static let lengthLimit = 4_096

    /// The client's first message; nil for what is none.
    init?(clientFirst octets: [UInt8]) {
        let fields = octets.prefix(Self.lengthLimit).split(
            separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, let flag = fields[0].first else { return nil }
        switch flag {
        case UInt8(ascii: "p"):
            guard fields[0].dropFirst().first == UInt8(ascii: "=") else { return nil }
            binding = fields[0].dropFirst(2)
        case UInt8(ascii: "n"), UInt8(ascii: "y"): guard fields[0].count == 1 else { return nil }
        default: return nil
        }
        if !fields[1].isEmpty {
            guard fields[1].starts(with: "a=".utf8) else { return nil }
            actsAs = Self.name(fields[1].dropFirst(2))
        }
        guard let attributes = Self.attributes(fields[2]) else { return nil }
        self.attributes = attributes
    }

    /// Any other message; nil for what is none.
    init?(_ octets: [UInt8]) {
        guard octets.count <= Self.lengthLimit, let attributes = Self.attributes(octets[...]) else { return nil }
        self.attributes = attributes
    }

    private static func attributes(_ octets: ArraySlice<UInt8>) -> [(letter: UInt8, value: ArraySlice<UInt8>)]? {
        var attributes: [(letter: UInt8, value: ArraySlice<UInt8>)] = []
        for field in octets.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let letter = field.first, (letter | 0x20) &- 97 < 26, field.dropFirst().first == UInt8(ascii: "=")
            else {
                return nil
            }
            attributes.append((letter, field.dropFirst(2)))
        }
        return attributes
    }

    /// The value of the first attribute with that letter.
    subscript(_ letter: Unicode.Scalar) -> ArraySlice<UInt8>? {
        attributes.first { UInt32($0.letter) == letter.value }?.value
    }

    /// Whether it asks for an extension that must be understood; there is none (RFC 5802 section 5.1, attribute m).
    var isExtended: Bool { self["m"] != nil }

    /// The user name; nil where there is none.
    var user: String? { self["n"].map(Self.name) }

    /// `=2C` and `=3D` stand for comma and equals sign (RFC 5802 section 5.1).
    static func name(_ octets: ArraySlice<UInt8>) -> String {
        guard octets.contains(UInt8(ascii: "=")) else { return SMTPGrammar.text(octets) }
        var out: [UInt8] = []
        var rest = octets
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "="), rest.starts(with: "2C".utf8) || rest.starts(with: "3D".utf8) {
                out.append(rest.first == UInt8(ascii: "2") ? UInt8(ascii: ",") : octet)
                rest = rest.dropFirst(2)
            } else {
                out.append(octet)
            }
        }
        return SMTPGrammar.text(out)
    }

    /// Who logs in, from the client's first message.
    var introduction: String {
        var text = user.map { "user \($0.isEmpty ? SASLSteps.nobody : ShownText.of($0))" } ?? "no user"
        if let actsAs { text += " to act as \(ShownText.of(actsAs))" }
        text += " and a nonce"
        if let binding { text += ", bound to the channel by \(ShownText.of(binding))" }
        return text
    }
}
