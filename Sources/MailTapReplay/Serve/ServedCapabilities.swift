import MailTapAnalysis

/// What a recording can hold to of what its server offered.
enum ServedCapabilities {
    /// Whether a login by the mechanism can't be answered: the server has to prove that it knows the password.
    static func isUnanswerable(_ mechanism: String) -> Bool {
        mechanism.hasPrefix("SCRAM-") || ["DIGEST-MD5", "GSSAPI", "NTLM", "GSS-SPNEGO"].contains(mechanism)
    }

    /// The capability lines without TLS, where it is not served, and without mechanisms that can't be answered.
    ///
    /// Where none is left, PLAIN and LOGIN stand for them, so that a client can log in at all.
    static func of(_ lines: [WireText], hidesTLS: Bool) -> [WireText] {
        lines.compactMap { line -> WireText? in
            let text = line.text().text
            if hidesTLS, ["STARTTLS", "STLS"].contains(text.uppercased()) { return nil }
            let words = text.split(whereSeparator: { $0 == " " || $0 == "=" })
            guard let keyword = words.first, ["AUTH", "SASL"].contains(keyword.uppercased()) else { return line }
            let kept = words.dropFirst().filter { !isUnanswerable($0.uppercased()) }
            guard kept.count + 1 < words.count else { return line }
            let start = text.prefix(keyword.count + 1)
            return WireText([UInt8]((start + (kept.isEmpty ? "PLAIN LOGIN" : kept.joined(separator: " "))).utf8))
        }
    }
}
