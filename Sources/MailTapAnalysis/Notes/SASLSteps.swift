import MailTapCore

/// What each step of a SASL mechanism does, and whose identity it claims.
///
/// Never a secret: only the parts of a response that name somebody are looked at.
enum SASLSteps {
    /// A known mechanism.
    struct Mechanism {
        /// What it is, for a sentence.
        var summary: String
        var reference: String
        /// Whether a listener on a clear connection learns the password or a token as good as it.
        var revealsSecret: Bool
        /// Whether it is out of favour even so.
        var isWeak: Bool
    }

    private static let mechanisms: [String: Mechanism] = [
        "PLAIN": Mechanism(
            summary: "user and password in one response", reference: "RFC 4616", revealsSecret: true, isWeak: false),
        "LOGIN": Mechanism(
            summary: "user, then password, each asked for; never standardised",
            reference: "draft-murchison-sasl-login", revealsSecret: true, isWeak: false),
        "CRAM-MD5": Mechanism(
            summary: "a keyed MD5 digest of the server's challenge", reference: "RFC 2195", revealsSecret: false,
            isWeak: true),
        "DIGEST-MD5": Mechanism(
            summary: "MD5 digests with nonces of both sides; historic since RFC 6331", reference: "RFC 2831",
            revealsSecret: false, isWeak: true),
        "XOAUTH2": Mechanism(
            summary: "an OAuth 2.0 bearer token in the form that large providers defined",
            reference: "Google's XOAUTH2 protocol", revealsSecret: true, isWeak: false),
        "OAUTHBEARER": Mechanism(
            summary: "an OAuth 2.0 bearer token", reference: "RFC 7628", revealsSecret: true, isWeak: false),
        "NTLM": Mechanism(
            summary: "Microsoft's challenge and response in three messages", reference: "MS-NLMP",
            revealsSecret: false, isWeak: true),
        "GSSAPI": Mechanism(
            summary: "Kerberos 5 tickets", reference: "RFC 4752", revealsSecret: false, isWeak: false),
        "GSS-SPNEGO": Mechanism(
            summary: "Kerberos or NTLM, negotiated", reference: "RFC 4178", revealsSecret: false, isWeak: false),
        "EXTERNAL": Mechanism(
            summary: "an identity proved outside, as by the TLS client certificate",
            reference: "RFC 4422 appendix A", revealsSecret: false, isWeak: false),
        "ANONYMOUS": Mechanism(
            summary: "no identity, a trace text at most", reference: "RFC 4505", revealsSecret: false, isWeak: false),
        "KERBEROS_V4": Mechanism(
            summary: "Kerberos 4 tickets; obsolete", reference: "RFC 2222", revealsSecret: false, isWeak: true),
        "SKEY": Mechanism(
            summary: "S/Key one-time passwords; obsolete", reference: "RFC 2222", revealsSecret: false, isWeak: true),
        "OTP": Mechanism(
            summary: "one-time passwords", reference: "RFC 2444", revealsSecret: false, isWeak: false),
    ]

    /// What is known of a mechanism, its name in capitals.
    static func mechanism(_ name: String) -> Mechanism? {
        if let known = mechanisms[name] { return known }
        guard name.hasPrefix("SCRAM-") else { return nil }
        let binding = name.hasSuffix("-PLUS") ? ", bound to the TLS channel" : ""
        let reference = name.hasPrefix("SCRAM-SHA-1") ? "RFC 5802" : "RFC 7677"
        return Mechanism(
            summary: "salted challenge and response in which both sides prove the password\(binding)",
            reference: reference, revealsSecret: false, isWeak: false)
    }

    /// The mechanism that an AUTH command names, in capitals; nil where the first word is none, but a credential.
    static func mechanismName(of command: Command) -> String? {
        guard let first = SASLToken.words(SMTPGrammar.argument(of: command.line.octets)).first,
            first.startIndex >= (command.line.secrets.map(\.range.upperBound).max() ?? 0)
                || command.line.secrets.allSatisfy({ $0.range.lowerBound > first.startIndex })
        else { return nil }
        return SMTPGrammar.text(first).uppercased()
    }

    /// The AUTH command itself.
    static func begin(_ command: Command) -> String {
        let words = SASLToken.words(SMTPGrammar.argument(of: command.line.maskedOctets))
        guard !words.isEmpty else { return "Log in without saying by which SASL mechanism (RFC 4954 section 4)" }
        guard let name = mechanismName(of: command) else {
            return "Log in without naming a SASL mechanism (RFC 4954 section 4)"
        }
        let shown = ShownText.of(name)
        guard let known = mechanism(name) else { return "Log in by SASL \(shown), a mechanism not known here" }
        var note = "Log in by SASL \(shown): \(known.summary) (\(known.reference))"
        if words.count > 1 {
            note += "; the first response comes along"
            let kind = command.line.secrets.first { $0.range.overlaps(words[1].indices) }?.kind
            let open = command.line.isMasked ? nil : command.line.octets[words[1].indices]
            if let identity = identity(name, step: 1, words[1], kind, open) { note += ", \(identity)" }
        }
        return note
    }

    /// A response to a challenge.
    static func respond(_ login: DialogueState.Login?, _ line: WireText) -> String {
        guard let login else { return "Answer a SASL challenge" }
        if line.octets == [UInt8(ascii: "*")] { return "Give up the login (RFC 4954 section 4)" }
        let mechanism = login.mechanism
        let step = login.responses + 1
        if mechanism == "XOAUTH2" || mechanism == "OAUTHBEARER", login.responses > 0 {
            return "Acknowledge the failure that the server described, so that it can refuse the login "
                + (mechanism == "XOAUTH2" ? "(XOAUTH2)" : "(RFC 7628 section 3.2.3)")
        }
        let open = line.isMasked ? nil : line.octets[...]
        if let identity = identity(mechanism, step: step, line.maskedOctets[...], line.secrets.first?.kind, open) {
            return "SASL \(ShownText.of(mechanism)), response \(step): \(identity)"
        }
        return "SASL \(ShownText.of(mechanism)), response \(step)"
    }

    /// What a server's challenge asks, or says went wrong; nil where there is nothing to say.
    static func challenge(_ mechanism: String, step: Int, _ text: WireText) -> String? {
        guard text.secrets.isEmpty else {
            let isBearer = mechanism == "XOAUTH2" || mechanism == "OAUTHBEARER"
            return isBearer && step > 0
                ? "The server refuses the token and repeats it; an empty response ends it" : nil
        }
        guard let octets = SASLToken.decode(text.octets[...]) else { return nil }
        if octets.isEmpty, step == 0, mechanism != "LOGIN" { return "The server asks for the first response" }
        switch mechanism {
        case "LOGIN": return step == 0 ? "The server asks for the user name" : "The server asks for the password"
        case "CRAM-MD5": return "The server sends the challenge to be digested (RFC 2195)"
        case "DIGEST-MD5":
            return DigestDirectives(octets)?["rspauth"] == nil
                ? DigestDirectives.challenge(octets)
                : "The server proves that it knows the secret too (RFC 2831 section 2.1.3)"
        case "XOAUTH2", "OAUTHBEARER":
            guard step > 0, !octets.isEmpty else { return nil }
            // What repeats the token says no more than that.
            return text.hasSecrets || text.isMasked
                ? "The server refuses the token; an empty response ends it" : OAuthFailure.sentence(octets)
        case "NTLM": return NTLMMessage.challenge(octets)
        case "GSSAPI":
            return "The server answers with a token of \(ShownText.count(octets.count, "octet")): its proof, or the "
                + "security layers that it offers (RFC 4752 section 3.2)"
        case "GSS-SPNEGO": return "The server answers with a token of \(ShownText.count(octets.count, "octet"))"
        default:
            guard mechanism.hasPrefix("SCRAM-") else { return nil }
            if octets.starts(with: Array("e=".utf8)) {
                return "The server refuses: \(ShownText.of(octets.dropFirst(2))) (RFC 5802 section 7)"
            }
            if octets.starts(with: Array("v=".utf8)) { return "The server proves that it knows the secret too" }
            guard !octets.isEmpty else { return nil }
            guard let message = ScramMessage(octets), message["r"] != nil else {
                return "The server sends what is no message of SCRAM (RFC 5802 section 7)"
            }
            let rounds = message["i"].map { ", \(ShownText.of($0)) iterations" } ?? ""
            return "The server sends nonce and salt\(rounds) (RFC 5802 section 5.1)"
        }
    }

    /// What a response says of who logs in, from its token with the secrets masked.
    ///
    /// - Parameters:
    ///   - kind: what credential the token holds; nil for none.
    ///   - open: the token as it was sent, for NTLM's messages, in which names and proofs stand apart; nil where it was
    ///     masked.
    private static func identity(
        _ mechanism: String, step: Int, _ token: ArraySlice<UInt8>, _ kind: SecretKind?, _ open: ArraySlice<UInt8>?
    ) -> String? {
        if kind == .login || (mechanism == "LOGIN" && step > 1) { return "the password" }
        if mechanism == "NTLM" {
            guard let open else {
                return step == 1 ? "the negotiate message" : "the authenticate message with the proof"
            }
            return SASLToken.decode(open).map { NTLMMessage.response($0, step: step) } ?? "which is no base64"
        }
        if SASLToken.isMasked(token) {
            // PLAIN's mask keeps the user where there is one.
            return kind == .plain ? "which is not of the form that PLAIN has" : nil
        }
        guard let octets = mechanism == "LOGIN" ? SASLToken.decodeName(token) : SASLToken.decode(token) else {
            return "which is no base64"
        }
        let shown = user(mechanism, step: step, octets).map { $0.isEmpty ? Self.nobody : ShownText.of($0) }
        switch mechanism {
        case "PLAIN": return plain(octets)
        case "LOGIN": return shown.map { "user \($0)" }
        case "CRAM-MD5": return shown.map { "user \($0) with a digest of the challenge" }
        case "DIGEST-MD5":
            return octets.isEmpty
                ? "an empty answer"
                : DigestDirectives.response(octets) ?? "which is not of the form that DIGEST-MD5 has"
        case "XOAUTH2": return shown.map { "user \($0) with a bearer token" }
        case "OAUTHBEARER": return shown.map { "user \($0) with a bearer token" } ?? "a bearer token"
        case "EXTERNAL":
            return octets.isEmpty ? "the identity that TLS proved" : "as \(ShownText.of(octets[...]))"
        case "ANONYMOUS": return octets.isEmpty ? "no trace" : "trace \(ShownText.of(octets[...]))"
        default:
            guard mechanism.hasPrefix("SCRAM-") else { return nil }
            guard step == 1 else { return octets.isEmpty ? "an empty answer" : "the proof" }
            return ScramMessage(clientFirst: octets)?.introduction ?? "which is not of the form that SCRAM has"
        }
    }

    /// Stands behind `user` where the name is empty.
    static let nobody = "without a name"

    /// The name of who logs in, as a decoded response gives it; nil where it gives none.
    ///
    /// Never a secret: only the part of the response that names somebody.
    static func user(_ mechanism: String, step: Int, _ octets: [UInt8]) -> String? {
        if mechanism == "NTLM" { return NTLMMessage(octets)?.user }
        // A NUL parts PLAIN's fields; elsewhere such a response is one of PLAIN in the wrong place.
        guard mechanism == "PLAIN" || !octets.contains(0) else { return nil }
        switch mechanism {
        case "PLAIN":
            let fields = octets.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            return fields.count == 3 ? SMTPGrammar.text(fields[1]) : nil
        case "LOGIN": return step == 1 ? SMTPGrammar.text(octets) : nil
        case "CRAM-MD5":
            // The digest has 32 digits (RFC 2195 section 2); anything else may be a password.
            return octets.lastIndex(of: 32).flatMap { octets.count - $0 == 33 ? SMTPGrammar.text(octets[..<$0]) : nil }
        case "DIGEST-MD5": return DigestDirectives(octets)?["username"]
        case "XOAUTH2": return field("user=", octets)
        case "OAUTHBEARER":
            // RFC 7628 section 3.1: the header that SCRAM has too, and behind it fields that octet 1 ends.
            let header = octets.prefix { $0 != 1 }.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            return header.dropFirst().first { $0.starts(with: "a=".utf8) }.map { ScramMessage.name($0.dropFirst(2)) }
        case "EXTERNAL": return octets.isEmpty ? nil : SMTPGrammar.text(octets)
        default:
            guard mechanism.hasPrefix("SCRAM-"), step == 1 else { return nil }
            return ScramMessage(clientFirst: octets)?.user
        }
    }

    /// RFC 4616 section 2: authorization identity NUL authentication identity NUL password.
    private static func plain(_ octets: [UInt8]) -> String {
        let fields = octets.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return "which is not of the form that PLAIN has" }
        let user = "user \(fields[1].isEmpty ? Self.nobody : ShownText.of(fields[1]))"
        return fields[0].isEmpty || fields[0] == fields[1] ? user : "\(user) to act as \(ShownText.of(fields[0]))"
    }

    /// The value behind a prefix among fields that octet 1 ends.
    private static func field(_ prefix: String, _ octets: [UInt8]) -> String? {
        for part in octets.split(separator: 1) where part.starts(with: Array(prefix.utf8)) {
            return SMTPGrammar.text(part.dropFirst(prefix.utf8.count))
        }
        return nil
    }
}
