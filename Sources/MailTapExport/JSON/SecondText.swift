/// The text of a second, such as `2026-11-23T06:01:02`, kept for the moments that lie in it too.
struct SecondText: Sendable {
    private var second: Int64?
    private var text: [UInt8] = []

    /// The text of a second since 1970, if it is the one that is kept.
    func octets(of second: Int64) -> [UInt8]? { self.second == second ? text : nil }

    /// Keeps the text of a second since 1970, in place of what was kept.
    mutating func keep(_ text: ArraySlice<UInt8>, of second: Int64) {
        self.second = second
        self.text = Array(text)
    }
}
