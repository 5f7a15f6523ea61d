import MailTapCore

/// A MIME field with parameters (RFC 2045 section 5.1): `text/plain; charset=utf-8`, `attachment; filename*=...`.
///
/// Parameters in pieces and with a charset (RFC 2231) are put together; encoded-words, which RFC 2047 section 5 forbids
/// here and many senders write, are decoded.
struct MIMEField {
    /// A parameter that is looked at; others are passed over.
    enum Parameter: CaseIterable {
        case charset, boundary, name, filename

        /// The parameter of that name, in whatever case.
        init?(_ name: ArraySlice<UInt8>) {
            func isNamed(_ text: StaticString) -> Bool { SMTPGrammar.equalsIgnoringCase(name, text) }
            switch name.count {
            case 4 where isNamed("name"): self = .name
            case 7 where isNamed("charset"): self = .charset
            case 8 where isNamed("boundary"): self = .boundary
            case 8 where isNamed("filename"): self = .filename
            default: return nil
            }
        }
    }

    /// What stands before the first semicolon, in lower case, comments removed.
    let value: String
    private var charset: String?, boundary: String?, name: String?, filename: String?

    /// Parameters that are read; a field may hold thousands.
    private static let parameterLimit = 256

    init(_ body: ArraySlice<UInt8>) {
        var scanner = MIMEFieldScanner(body)
        value = ASCII.lowercased(scanner.takeToken())
        var pieces: [(parameter: Parameter, piece: MIMEFieldPiece)] = []
        var count = 0
        while count < Self.parameterLimit, let (name, octets) = scanner.takeParameter() {
            count += 1
            if let star = name.firstIndex(of: UInt8(ascii: "*")) {
                guard let parameter = Parameter(name[..<star]) else { continue }
                pieces.append((parameter, MIMEFieldPiece(name[(star + 1)...], octets)))
            } else if let parameter = Parameter(name), self[parameter] == nil {
                self[parameter] = EncodedWords.decode(octets)
            }
        }
        for parameter in Parameter.allCases where !pieces.isEmpty {
            let own = pieces.filter { $0.parameter == parameter }.map(\.piece)
            if !own.isEmpty { self[parameter] = MIMEFieldPiece.join(own) }
        }
    }

    /// What stands before the first semicolon of a field, in lower case, comments removed.
    static func value(of body: ArraySlice<UInt8>) -> String {
        var scanner = MIMEFieldScanner(body)
        return ASCII.lowercased(scanner.takeToken())
    }

    /// A parameter's value, decoded; nil where there is none.
    private(set) subscript(_ parameter: Parameter) -> String? {
        get {
            switch parameter {
            case .charset: charset
            case .boundary: boundary
            case .name: name
            case .filename: filename
            }
        }
        set {
            switch parameter {
            case .charset: charset = newValue
            case .boundary: boundary = newValue
            case .name: name = newValue
            case .filename: filename = newValue
            }
        }
    }
}

/// A piece of a parameter's value (RFC 2231 sections 3 and 4), such as `filename*1*=%C3%A4`.
private struct MIMEFieldPiece {
    private var index: Int
    private var isExtended: Bool
    private var octets: ArraySlice<UInt8>

    /// - Parameter suffix: what stands behind the first asterisk of the name.
    init(_ suffix: ArraySlice<UInt8>, _ octets: ArraySlice<UInt8>) {
        let words = suffix.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        isExtended = words.last?.isEmpty == true
        index = words.first.flatMap { Int(SMTPGrammar.text($0)) } ?? 0
        self.octets = octets
    }

    /// Puts pieces together in the order of their numbers; the first may name a charset.
    static func join(_ pieces: [MIMEFieldPiece]) -> String {
        var charset = ""
        var octets: [UInt8] = []
        for (position, piece) in pieces.sorted(by: { $0.index < $1.index }).enumerated() {
            var body = piece.octets
            if position == 0, piece.isExtended {
                let fields = body.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
                if fields.count == 3 {
                    charset = ASCII.lowercased(fields[0])
                    body = fields[2]
                }
            }
            octets += piece.isExtended ? percentDecoded(body)[...] : body
        }
        return Charsets.decode(octets, charset) ?? SMTPGrammar.text(octets)
    }

    private static func percentDecoded(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var rest = octets
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "%"), let high = rest.first.flatMap(SMTPGrammar.hexDigit),
                let low = rest.dropFirst().first.flatMap(SMTPGrammar.hexDigit)
            {
                out.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                out.append(octet)
            }
        }
        return out
    }
}
