import MailTapCore

/// What an answer to EHLO or CAPA offers: a few keywords are looked for at once, the rest is read when somebody asks.
struct Offers: Sendable, Equatable {
    /// Keywords that rules ask for at every session.
    struct Known: OptionSet, Sendable {
        var rawValue: UInt32

        static let size = Known(rawValue: 1)
        static let auth = Known(rawValue: 2)
        static let startTLS = Known(rawValue: 4)
        static let eightBitMIME = Known(rawValue: 8)
        static let utf8 = Known(rawValue: 16)
        static let enhancedCodes = Known(rawValue: 32)
        static let chunking = Known(rawValue: 64)
        static let limits = Known(rawValue: 128)
        /// Eight letters X stand where a keyword may have stood, the last one of them perhaps another.
        static let overwritten = Known(rawValue: 256)
        static let pipelining = Known(rawValue: 512)
        static let top = Known(rawValue: 1_024)
        static let uidl = Known(rawValue: 2_048)
        static let stls = Known(rawValue: 4_096)
        static let popUTF8 = Known(rawValue: 8_192)
        static let lang = Known(rawValue: 16_384)
        static let sasl = Known(rawValue: 32_768)
        static let user = Known(rawValue: 65_536)
        /// UTF8 with USER: names and passwords may be of it (RFC 6856 section 2.1).
        static let utf8Names = Known(rawValue: 131_072)
    }

    /// Lines from which on they are read once, whether somebody asks or not.
    private static let many = 33

    private let lines: ArraySlice<WireText>
    private var index: OfferIndex?
    /// The first lines of AUTH and of LIMITS.
    private var authLine: Int?, limitsLine: Int?
    private(set) var known: Known = []
    /// The octets that SIZE allows (RFC 1870 section 4); nil where it does not say.
    private(set) var sizeLimit: UInt64?
    /// Whether a dialogue file lets anything stand where a keyword does.
    let areOpen: Bool
    /// Whether a line may be malformed, or say again what another one said: `OfferRules` looks at them then.
    private(set) var mayBeOdd = false

    init(_ lines: ArraySlice<WireText>) {
        self.lines = lines
        var areOpen = false
        var words = KeywordMarks()
        for number in lines.indices {
            let line = lines[number]
            let plain = line.withBytes { words.take($0) }
            if plain == nil { mayBeOdd = true }
            if line.hasMarks, !line.patterns.isEmpty {
                let keyword = line.octets.firstIndex(of: 32) ?? line.octets.count
                if line.patterns.contains(where: { $0.range.lowerBound < keyword }) { areOpen = true }
            }
            let found: Known =
                if let plain, !line.hasMarks { line.withBytes { Self.known(plain, $0) } } else { Self.known(in: line) }
            if found == .size, !known.contains(.size) {
                sizeLimit = Self.limit(in: line)
            }
            switch found {
            case .auth where authLine == nil: authLine = number
            case .limits where limitsLine == nil: limitsLine = number
            case .popUTF8 where Self.takesNames(line): known.insert(.utf8Names)
            default: break
            }
            known.formUnion(found)
        }
        self.areOpen = areOpen
        if lines.count >= Self.many { index = OfferIndex(lines.lazy.compactMap { Capability(line: $0) }) }
    }

    /// The lines, as they came.
    var texts: ArraySlice<WireText> { lines }

    /// All of them, read; where there are many, each keyword once.
    var capabilities: [Capability] { index?.capabilities ?? lines.compactMap { Capability(line: $0) } }

    /// The capability of a keyword, the first where there are several; nil where it is not offered.
    func capability(_ keyword: String) -> Capability? {
        guard let index else { return capabilities.first { $0.keyword == keyword } }
        return index[keyword]
    }

    /// The first line that begins with AUTH, read.
    var auth: Capability? { authLine.flatMap { Capability(line: lines[$0]) } }

    /// The first line that begins with LIMITS, read.
    var limits: Capability? { limitsLine.flatMap { Capability(line: lines[$0]) } }

    /// The login mechanisms behind a keyword, AUTH or SASL, in capitals.
    func mechanisms(_ keyword: String) -> [String] {
        guard let index else {
            return capabilities.filter { $0.keyword == keyword }.flatMap(\.arguments).map { $0.uppercased() }
        }
        return index[keyword]?.arguments ?? []
    }

    /// Whether a mechanism, written in capitals, stands behind a keyword, AUTH or SASL.
    func offers(_ mechanism: String, behind keyword: String) -> Bool {
        index?.offers(mechanism, behind: keyword) ?? mechanisms(keyword).contains(mechanism)
    }

    private static func takesNames(_ line: WireText) -> Bool {
        Capability(line: line)?.arguments.contains { $0.uppercased() == "USER" } == true
    }

    private static func limit(in line: WireText) -> UInt64? {
        if let limit = line.withBytes({ $0.begins(with: "SIZE ") ? $0.number(from: 5) : nil }) { return limit }
        return Capability(line: line)?.arguments.first.flatMap { UInt64($0) }
    }

    private static func known(in line: WireText) -> Known {
        // A mask may cover a keyword, which is then read as views show it.
        guard !line.hasSecrets else {
            return Capability(line: line).map { known(Array($0.keyword.utf8).span.bytes) } ?? []
        }
        return line.withBytes { known($0) }
    }

    /// By the first word.
    private static func known(_ line: RawSpan) -> Known {
        var start = 0
        while start < line.byteCount, SMTPBlank.contains(line[octet: start]) { start += 1 }
        var word = OfferedWord()
        while start + word.length < line.byteCount, case let octet = line[octet: start + word.length],
            !SMTPBlank.contains(octet)
        {
            word.append(octet >= 97 && octet <= 122 ? octet - 32 : octet)
        }
        return known(word, line.extracting(start...))
    }

    /// By the first word, with which the line begins.
    private static func known(_ word: OfferedWord, _ line: RawSpan) -> Known {
        // Up to eight letters written as a number, so that the compiler makes a search of them, without a table.
        switch (word.code, word.length) {
        case (0x5349_5A45, 4): return .size
        case (0x4155_5448, 4): return .auth
        case (0x54_4F50, 3): return .top
        case (0x5549_444C, 4): return .uidl
        case (0x5354_4C53, 4): return .stls
        case (0x5554_4638, 4): return .popUTF8
        case (0x4C41_4E47, 4): return .lang
        case (0x5341_534C, 4): return .sasl
        case (0x5553_4552, 4): return .user
        case (0x4C49_4D49_5453, 6): return .limits
        case (0x5354_4152_5454_4C53, 8): return .startTLS
        case (0x3842_4954_4D49_4D45, 8): return .eightBitMIME
        case (0x534D_5450_5554_4638, 8): return .utf8
        case (0x4348_554E_4B49_4E47, 8): return .chunking
        case (0x5049_5045_4C49_4E49, 10):
            return line.extracting(8..<10).spells(ignoringCase: "NG") ? .pipelining : []
        case (0x454E_4841_4E43_4544, 19):
            return line.extracting(8..<19).spells(ignoringCase: "STATUSCODES") ? .enhancedCodes : []
        // `AUTH=LOGIN` is how servers spoke before RFC 2554.
        case (_, 5...) where line.extracting(0..<5).spells(ignoringCase: "AUTH="): return .auth
        case (_, 8) where line.extracting(0..<7).spells(ignoringCase: "XXXXXXX"): return .overwritten
        default: return []
        }
    }
}

extension RawSpan {
    /// Whether the octets are those of `text`, which is in capitals, in whatever case.
    func spells(ignoringCase text: StaticString) -> Bool {
        guard byteCount == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for index in expected.indices {
                let octet = self[octet: index]
                guard (octet >= 97 && octet <= 122 ? octet - 32 : octet) == expected[index] else { return false }
            }
            return true
        }
    }
}
