/// Finds an alert that a peer sends in clear during a handshake (RFC 8446 section 6).
///
/// A client of TLS 1.3 that does not accept a certificate may say so before it encrypts; the library takes that for a
/// broken record and does not tell what it said.
struct PlaintextAlertReader: Sendable {
    private var header: [UInt8] = []
    private var remaining = 0
    private var alert: [UInt8] = []
    private var isAlert = false

    /// The alert's name, such as `unknown ca`, once it was seen.
    private(set) var name: String?

    /// Takes the peer's octets in order, beginning with its first record.
    mutating func receive(_ octets: some Collection<UInt8>) {
        var rest = octets[...]
        while let octet = rest.first, name == nil {
            if remaining > 0 {
                let step = min(remaining, rest.count)
                if isAlert { alert += rest.prefix(step) }
                remaining -= step
                rest = rest.dropFirst(step)
                if isAlert, remaining == 0, let code = alert.last { name = Self.names[code] ?? "alert \(code)" }
                continue
            }
            header.append(octet)
            rest = rest.dropFirst()
            guard header.count == 5 else { continue }
            remaining = Int(header[3]) << 8 | Int(header[4])
            isAlert = header[0] == 21 && remaining == 2
            alert = []
            header = []
        }
    }

    /// RFC 8446 section 6 and RFC 5246 section 7.2.
    private static let names: [UInt8: String] = [
        0: "close notify", 10: "unexpected message", 20: "bad record mac", 40: "handshake failure",
        42: "bad certificate", 43: "unsupported certificate", 44: "certificate revoked", 45: "certificate expired",
        46: "certificate unknown", 47: "illegal parameter", 48: "unknown ca", 49: "access denied",
        50: "decode error", 51: "decrypt error", 70: "protocol version", 71: "insufficient security",
        80: "internal error", 86: "inappropriate fallback", 90: "user canceled", 109: "missing extension",
        110: "unsupported extension", 112: "unrecognized name", 116: "certificate required",
        120: "no application protocol",
    ]
}
