import SwiftASN1
import X509

/// A server's certificate that names its uses must name that one (RFC 5280 section 4.2.1.12).
struct ServerUsePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.extendedKeyUsage]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard let problem = Self.problem(chain.leaf) else { return .meetsPolicy }
        return .failsToMeetPolicy(reason: problem)
    }

    /// What is wrong, in words.
    static func problem(_ leaf: Certificate) -> String? {
        guard let uses = try? leaf.extensions.extendedKeyUsage else { return nil }
        return uses.contains(.serverAuth) || uses.contains(.any) ? nil : "the certificate is not one for servers"
    }
}

/// Names were judged already: takes any, and says that the extension which holds them is understood.
struct AnyNamePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.subjectAlternativeName]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult { .meetsPolicy }
}

/// Asks for nothing but the signatures themselves.
struct AnythingPolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.nameConstraints, .X509ExtensionID.keyUsage,
        .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName,
    ]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult { .meetsPolicy }
}
