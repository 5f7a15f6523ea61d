import MailTapAnalysis
import MailTapServer

/// What a recording can hold to of what its server offered.
enum ServedCapabilities {
    /// Whether a login by the mechanism can't be answered: the server has to prove that it knows the password.
    static func isUnanswerable(_ mechanism: String, _ credentials: Credentials?) -> Bool {
        guard hash(mechanism, credentials) == nil else { return false }
        return mechanism.hasPrefix("SCRAM-") || ["DIGEST-MD5", "GSSAPI", "NTLM", "GSS-SPNEGO"].contains(mechanism)
    }

    /// The hash function of a SCRAM login that can be served with the credentials; nil for any other login.
    static func hash(_ mechanism: String, _ credentials: Credentials?) -> ScramHash? {
        credentials?.user == nil ? nil : ScramHash(mechanism: mechanism)
    }

    /// The capability lines without TLS, where it is not served.
    static func of(_ lines: [WireText], hidesTLS: Bool) -> [WireText] {
        guard hidesTLS else { return lines }
        return lines.filter { line in
            !["STARTTLS", "STLS"].contains(String(decoding: line.octets, as: UTF8.self).uppercased())
        }
    }
}
