/// The DNS answers that led to the server: seen in a capture, or asked for by the proxy (`smtp+mx`).
public struct NameLookup: Sendable, Hashable {
    /// The host name that was asked for.
    public var name: String
    /// The record that gave the address: `A` or `AAAA` (RFC 1035, RFC 3596).
    public var type: String
    /// When the answer came.
    public var time: Timestamp
    /// The mail domain of which an MX answer named the host as exchanger (RFC 5321 section 5); nil where none did.
    public var domain: String?
    /// The preference that the MX answer gave; the lowest is tried first.
    public var preference: UInt16?

    /// A lookup by its parts.
    public init(name: String, type: String, time: Timestamp, domain: String? = nil, preference: UInt16? = nil) {
        self.name = name
        self.type = type
        self.time = time
        self.domain = domain
        self.preference = preference
    }
}
