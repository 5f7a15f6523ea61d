extension DialogueFileWriter {
    /// One line of a dialogue file by which the server says `octets` and CRLF.
    ///
    /// - Parameters:
    ///   - octets: what is said, without its line end.
    ///   - masks: credentials in it, in order; stars are written in their place.
    public static func line(saying octets: [UInt8], masks: [(range: Range<Int>, kind: SecretKind)] = []) -> [UInt8] {
        var line = Array("S:".utf8)
        if !octets.isEmpty { line.append(32) }
        var position = 0
        for (range, kind) in masks where range.lowerBound >= position && range.upperBound <= octets.count {
            DialogueEscapes.append(octets[position..<range.lowerBound], in: .mask, to: &line)
            line += "{masked \(kind.name) ".utf8
            line += repeatElement(UInt8(ascii: "*"), count: range.count)
            line.append(UInt8(ascii: "}"))
            position = range.upperBound
        }
        DialogueEscapes.append(octets[position...], in: .line, to: &line)
        return line
    }
}
