extension DialogueFileReader {
    /// What one line of a file lets the server say, and where it may vary.
    ///
    /// - Parameter line: the line behind `S:`, without its end.
    /// - Returns: the octets, line end included where the line has one; nil where it can't be read, or stands for a file.
    public static func expectation(
        in line: ArraySlice<UInt8>
    ) -> (octets: [UInt8], patterns: [(range: Range<Int>, pattern: ReplyPattern)])? {
        let said = line.first == 32 ? line.dropFirst() : line
        var text = DialogueLine()
        guard DialogueInclude(said) == nil, text.read(said, of: .server) == nil else { return nil }
        return (text.octets, text.patterns.map { ($0.0, $0.1) })
    }
}
