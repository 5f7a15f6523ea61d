/// Names that a peer sent, made fit to be shown: what is not visible ASCII becomes `?`.
enum PeerText {
    private static let longest = 255

    /// The name; nil for an empty one.
    static func of(_ octets: some Collection<UInt8>) -> String? {
        guard !octets.isEmpty else { return nil }
        return String(decoding: octets.prefix(longest).map { $0 > 32 && $0 < 127 ? $0 : 63 }, as: UTF8.self)
    }
}
