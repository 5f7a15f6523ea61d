import MailTapCore

#if canImport(Glibc)
    import Glibc
#endif

/// Text from octets in a named charset.
enum Charsets {
    /// The charsets left to the C library.
    ///
    /// A closed list: names come from peers, and converters of rare charsets have
    /// had holes.
    private static let foreign: Set<String> = [
        "iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8",
        "iso-8859-9", "iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-16", "windows-1250", "windows-1251",
        "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258", "koi8-r",
        "koi8-u", "gb2312", "gbk", "gb18030", "big5", "euc-jp", "shift_jis", "iso-2022-jp", "euc-kr", "tis-620",
        "cp866", "cp437", "cp850", "macintosh", "utf-16", "utf-16le", "utf-16be",
    ]

    private static let aliases = [
        "ks_c_5601-1987": "euc-kr", "sjis": "shift_jis", "x-sjis": "shift_jis", "gb_2312-80": "gb2312",
        "x-gbk": "gbk", "iso-8859-8-i": "iso-8859-8", "latin1": "iso-8859-1", "latin-1": "iso-8859-1",
        "iso8859-1": "iso-8859-1", "iso_8859-1": "iso-8859-1", "cp1252": "windows-1252", "cp1251": "windows-1251",
        "cp1250": "windows-1250", "utf8": "utf-8", "ascii": "us-ascii", "latin9": "iso-8859-15",
    ]

    /// The text, or nil where the charset is not known or does not fit the octets.
    ///
    /// An empty charset stands for UTF-8 where valid, else Latin-1.
    static func decode(_ octets: [UInt8], _ name: String) -> String? {
        let charset = aliases[name] ?? name
        switch charset {
        case "": return SMTPGrammar.text(octets)
        case "utf-8", "us-ascii": return String(decoding: octets, as: UTF8.self)
        case "iso-8859-1": return String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) }))
        case "iso-8859-15": return map(octets) { latin9[$0] }
        case "windows-1252": return map(octets) { windows1252[$0] }
        default: return foreign.contains(charset) ? convert(octets, charset) : nil
        }
    }

    private static func map(_ octets: [UInt8], _ exceptions: (UInt8) -> Unicode.Scalar?) -> String {
        String(String.UnicodeScalarView(octets.map { exceptions($0) ?? Unicode.Scalar($0) }))
    }

    /// Where ISO-8859-15 differs from ISO-8859-1.
    private static let latin9: [UInt8: Unicode.Scalar] = [
        0xA4: "\u{20AC}", 0xA6: "\u{160}", 0xA8: "\u{161}", 0xB4: "\u{17D}", 0xB8: "\u{17E}", 0xBC: "\u{152}",
        0xBD: "\u{153}", 0xBE: "\u{178}",
    ]

    /// Where windows-1252 differs from ISO-8859-1.
    private static let windows1252: [UInt8: Unicode.Scalar] = [
        0x80: "\u{20AC}", 0x82: "\u{201A}", 0x83: "\u{192}", 0x84: "\u{201E}", 0x85: "\u{2026}", 0x86: "\u{2020}",
        0x87: "\u{2021}", 0x88: "\u{2C6}", 0x89: "\u{2030}", 0x8A: "\u{160}", 0x8B: "\u{2039}", 0x8C: "\u{152}",
        0x8E: "\u{17D}", 0x91: "\u{2018}", 0x92: "\u{2019}", 0x93: "\u{201C}", 0x94: "\u{201D}", 0x95: "\u{2022}",
        0x96: "\u{2013}", 0x97: "\u{2014}", 0x98: "\u{2DC}", 0x99: "\u{2122}", 0x9A: "\u{161}", 0x9B: "\u{203A}",
        0x9C: "\u{153}", 0x9E: "\u{17E}", 0x9F: "\u{178}",
    ]

    #if canImport(Glibc)
        private static func convert(_ octets: [UInt8], _ charset: String) -> String? {
            guard !octets.isEmpty else { return "" }
            guard let converter = iconv_open("UTF-8", charset), Int(bitPattern: converter) != -1 else { return nil }
            defer { iconv_close(converter) }
            var input = octets.map { CChar(bitPattern: $0) }
            // No octet of the listed charsets becomes more than four of UTF-8; the slack covers stateful ones.
            var output = [CChar](repeating: 0, count: octets.count * 4 + 64)
            var outputLeft = output.count
            let result = input.withUnsafeMutableBufferPointer { source in
                output.withUnsafeMutableBufferPointer { target in
                    var from = source.baseAddress
                    var to = target.baseAddress
                    var left = source.count
                    return iconv(converter, &from, &left, &to, &outputLeft)
                }
            }
            guard result != -1 else { return nil }
            guard outputLeft <= output.count else { return nil }
            let text = output[..<(output.count - outputLeft)].map { UInt8(bitPattern: $0) }
            return String(validating: text, as: UTF8.self)
        }
    #else
        private static func convert(_ octets: [UInt8], _ charset: String) -> String? { nil }
    #endif
}
