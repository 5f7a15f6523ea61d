import MailTapAnalysis

/// What a recording can hold to of what its server offered.
enum ServedCapabilities {
    /// The capability lines without TLS, where it is not served.
    static func of(_ lines: [WireText], hidesTLS: Bool) -> [WireText] {
        guard hidesTLS else { return lines }
        return lines.filter { line in
            !["STARTTLS", "STLS"].contains(String(decoding: line.octets, as: UTF8.self).uppercased())
        }
    }
}
