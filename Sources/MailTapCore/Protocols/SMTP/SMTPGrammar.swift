/// The argument grammar of SMTP commands (RFC 5321 section 4.1.2), as pure functions on octets.
///
/// Lenient: what a server would take is taken, and `SMTPPath.Lapse` says where the form departs from the RFC. No
/// function traps, whatever the octets.
public enum SMTPGrammar {
    /// The address and the parameters of a MAIL, RCPT, SEND, SOML or SAML line; nil where no `FROM:` or `TO:` is found.
    ///
    /// - Parameter line: the command line without its line end.
    /// - Returns: the address between the angle brackets as it stands there (a source route included), empty for the
    ///   null reverse-path; UTF-8 where valid, else Latin-1. Parameter keys are in capitals.
    public static func path(in line: [UInt8]) -> (address: String, parameters: [(key: String, value: String?)])? {
        guard let path = pathArgument(in: line) else { return nil }
        return (path.address, path.parameters.map { ($0.key, $0.value) })
    }

    /// As `path(in:)`, with what is odd about the line's form.
    public static func pathArgument(in line: [UInt8]) -> SMTPPath? {
        places(in: line).map {
            SMTPPath(address: text(line[$0.address]), parameters: parameters(line[$0.rest]), lapses: $0.lapses)
        }
    }

    /// As `path(in:)`, the address alone.
    public static func address(in line: [UInt8]) -> String? { places(in: line).map { text(line[$0.address]) } }

    /// As for a whole array.
    public static func address(in line: ArraySlice<UInt8>) -> String? { scan(line).map { text(line[$0.address]) } }

    /// As for a whole array, of octets where they lie.
    public static func address(in line: RawSpan) -> String? {
        places(in: line).map { text(of: line.extracting($0.address)) }
    }

    /// The octets as text: UTF-8 where valid, else each octet the character of that number.
    public static func text(of octets: RawSpan) -> String {
        octets.withUnsafeBytes { text(of: $0.assumingMemoryBound(to: UInt8.self)) }
    }

    /// Where address and parameters stand in a MAIL, RCPT, SEND, SOML or SAML line; nil where no `FROM:` or `TO:` is
    /// found.
    public static func places(in line: [UInt8]) -> SMTPPathPlaces? { places(in: line.span.bytes) }

    /// As for an array.
    public static func places(in line: RawSpan) -> SMTPPathPlaces? {
        SMTPPathPlaces(usual: line) ?? scan([UInt8](copying: line)[...])
    }

    private static func scan(_ line: ArraySlice<UInt8>) -> SMTPPathPlaces? {
        var scanner = OctetScanner(line)
        scanner.skipBlanks()
        let verb = scanner.take { !isBlank($0) && $0 != UInt8(ascii: ":") }
        // The word before the colon stands behind the verb; `MAIL:` alone has none.
        guard scanner.peek != UInt8(ascii: ":") else { return nil }
        scanner.skipBlanks()
        let keyword = scanner.take { !isBlank($0) && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "<") }
        guard equalsIgnoringCase(keyword, "FROM") || equalsIgnoringCase(keyword, "TO") else { return nil }
        var lapses: SMTPPath.Lapses = []
        if equalsIgnoringCase(verb, "RCPT") == equalsIgnoringCase(keyword, "FROM") { lapses.insert(.wrongKeyword) }
        if scanner.skipBlanks() > 0 { lapses.insert(.spaceBeforeColon) }
        guard scanner.takeOne(UInt8(ascii: ":")) else { return nil }
        if scanner.skipBlanks() > 0 { lapses.insert(.spaceAfterColon) }
        let address: ArraySlice<UInt8>
        if scanner.takeOne(UInt8(ascii: "<")) {
            var probe = scanner
            address = probe.takePath()
            if probe.takeOne(UInt8(ascii: ">")) {
                scanner = probe
            } else {
                lapses.insert(.missingCloseBracket)
                let taken = scanner.take { !isBlank($0) }
                return SMTPPathPlaces(address: taken.indices, rest: scanner.rest.indices, lapses: lapses)
            }
        } else {
            lapses.insert(.missingBrackets)
            address = scanner.takeWord()
        }
        if let next = scanner.peek, !isBlank(next) { lapses.insert(.textBehindBracket) }
        return SMTPPathPlaces(address: address.indices, rest: scanner.rest.indices, lapses: lapses)
    }

    /// The `KEY` and `KEY=value` words of a parameter list (RFC 5321 section 4.1.2), keys in capitals.
    public static func parameters(_ octets: ArraySlice<UInt8>) -> [SMTPParameter] {
        guard !octets.isEmpty else { return [] }
        return octets.split(whereSeparator: isBlank).map { word in
            guard let equals = word.firstIndex(of: UInt8(ascii: "=")) else {
                return SMTPParameter(key: text(word).uppercased(), value: nil)
            }
            return SMTPParameter(
                key: text(word[..<equals]).uppercased(), value: text(word[word.index(after: equals)...]))
        }
    }

    /// What stands behind the verb, blanks at both ends removed; empty where nothing does.
    public static func argument(of line: [UInt8]) -> ArraySlice<UInt8> {
        var scanner = OctetScanner(line[...])
        scanner.skipBlanks()
        scanner.skip { !isBlank($0) }
        scanner.skipBlanks()
        var rest = scanner.rest
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// Where what stands behind the verb does, as `argument(of:)` finds it.
    public static func argumentPlace(in line: RawSpan) -> Range<Int> {
        var start = 0
        while start < line.byteCount, isBlank(line[octet: start]) { start += 1 }
        while start < line.byteCount, !isBlank(line[octet: start]) { start += 1 }
        while start < line.byteCount, isBlank(line[octet: start]) { start += 1 }
        var end = line.byteCount
        while end > start, isBlank(line[octet: end - 1]) { end -= 1 }
        return start..<end
    }

    /// Octets as text: UTF-8 where valid, else each octet the character of that number.
    public static func text(_ octets: some Sequence<UInt8>) -> String {
        text(Array(octets))
    }

    /// As for any octets, compiled for these.
    public static func text(_ octets: [UInt8]) -> String { octets.withUnsafeBufferPointer(text(of:)) }

    /// As for any octets, compiled for these.
    public static func text(_ octets: ArraySlice<UInt8>) -> String { octets.withUnsafeBufferPointer(text(of:)) }

    private static func text(of octets: UnsafeBufferPointer<UInt8>) -> String {
        // Nearly always ASCII; validating what is none costs several times as much.
        if octets.isASCII { return String(decoding: octets, as: UTF8.self) }
        return String(validating: octets, as: UTF8.self)
            ?? String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) }))
    }

    /// Decodes xtext (RFC 3461 section 4): `+` and two hexadecimal digits stand for an octet.
    ///
    /// A `+` that is not followed by two digits stays as it is.
    public static func decodeXtext(_ value: String) -> String {
        let octets = Array(value.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(octets.count)
        var index = 0
        while index < octets.count {
            if octets[index] == UInt8(ascii: "+"), index + 2 < octets.count, let high = hexDigit(octets[index + 1]),
                let low = hexDigit(octets[index + 2])
            {
                out.append(high << 4 | low)
                index += 3
            } else {
                out.append(octets[index])
                index += 1
            }
        }
        return text(out)
    }

    /// The value of a hexadecimal digit; nil for any other octet.
    public static func hexDigit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 48...57: octet - 48
        case 65...70: octet - 55
        case 97...102: octet - 87
        default: nil
        }
    }

    /// Whether `octets` spell `word` in any case of ASCII.
    public static func equalsIgnoringCase(_ octets: some Collection<UInt8>, _ word: StaticString) -> Bool {
        word.withUTF8Buffer { buffer in
            octets.count == buffer.count && zip(octets, buffer).allSatisfy { $0 & 0xDF == $1 & 0xDF }
        }
    }

    /// As for any octets, compiled for these.
    public static func equalsIgnoringCase(_ octets: [UInt8], _ word: StaticString) -> Bool {
        octets.withUnsafeBufferPointer { isEqual($0, word) }
    }

    /// As for any octets, compiled for these.
    public static func equalsIgnoringCase(_ octets: ArraySlice<UInt8>, _ word: StaticString) -> Bool {
        octets.withUnsafeBufferPointer { isEqual($0, word) }
    }

    private static func isEqual(_ octets: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            guard octets.count == word.count else { return false }
            for index in 0..<word.count where octets[index] & 0xDF != word[index] & 0xDF { return false }
            return true
        }
    }

    static func isBlank(_ octet: UInt8) -> Bool { octet == 32 || octet == 9 }
}
