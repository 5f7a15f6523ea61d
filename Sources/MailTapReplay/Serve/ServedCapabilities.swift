import MailTapAnalysis

/// What a recording can hold to of what its server offered.
enum ServedCapabilities {
    /// Whether a login by the mechanism can't be answered: the server has to prove that it knows the password.
    static func isUnanswerable(_ mechanism: String) -> Bool {
        mechanism.hasPrefix("SCRAM-") || ["DIGEST-MD5", "GSSAPI", "NTLM", "GSS-SPNEGO"].contains(mechanism)
    }

    /// The capability lines without TLS, where it is not served.
    static func of(_ lines: [WireText], hidesTLS: Bool) -> [WireText] {
        guard hidesTLS else { return lines }
        return lines.filter { line in
            !["STARTTLS", "STLS"].contains(String(decoding: line.octets, as: UTF8.self).uppercased())
        }
    }
}
