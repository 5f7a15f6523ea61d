/// What contradicts the format in a pcapng file whose blocks can still be told apart: it is passed over, reading goes
/// on, and the file counts as damaged.
struct PcapNGFlaws {
    private var first: (offset: UInt64, what: String)?
    private var count = 0

    /// Notes one, in the block that begins at `offset`; the first is kept in words.
    mutating func note(_ what: @autoclosure () -> String, at offset: UInt64) {
        if first == nil { first = (offset, what()) }
        count += 1
    }

    /// The file's error, where there was any flaw.
    ///
    /// - Parameter end: what ended the reading before the file did.
    func error(in name: String, endedBy end: CaptureError?) -> CaptureError? {
        guard let first else { return end }
        let more = count > 1 ? ", and \(count - 1) more such block\(count == 2 ? "" : "s")" : ""
        var error = CaptureError(
            code: .damaged, input: name, offset: first.offset, reason: "\(first.what); it was left out\(more)")
        if let end {
            error.code = end.code
            error.reason += end.offset.map { "; and at octet \($0): \(end.reason)" } ?? "; and \(end.reason)"
        }
        return error
    }
}
