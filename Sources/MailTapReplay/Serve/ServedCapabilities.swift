import MailTapAnalysis

/// What a recording can hold to of what its server offered.
enum ServedCapabilities {
    /// The capability lines without TLS, where it is not served, and without mechanisms that prove to the client that
    /// the server knows the password: no recording does.
    static func of(_ lines: [WireText], hidesTLS: Bool) -> [WireText] {
        lines.compactMap { line in
            let words = line.octets.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            switch words.first?.uppercased() {
            case "STARTTLS" where words.count == 1, "STLS" where words.count == 1: return hidesTLS ? nil : line
            case "AUTH", "SASL":
                let kept = words.dropFirst().filter { isServable($0.uppercased()) }
                guard kept.count + 1 < words.count else { return line }
                return kept.isEmpty ? nil : WireText([UInt8](([words[0]] + kept).joined(separator: " ").utf8))
            default: return line
            }
        }
    }

    private static func isServable(_ mechanism: String) -> Bool {
        !mechanism.hasPrefix("SCRAM-") && !mechanism.hasPrefix("GS2-")
            && !["DIGEST-MD5", "NTLM", "GSSAPI"].contains(mechanism)
    }
}
