import MailTapCore
import NIOSSL
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Checks a server's certificate against trust anchors and the names it should have (RFC 5280, RFC 6125).
///
/// Beside the yes or no of a verifier it finds everything that is wrong, each in words, because a debugging proxy
/// often goes on regardless.
public struct PeerVerifier: Sendable {
    private let anchors: TrustAnchors

    /// A verifier that believes these.
    public init(_ anchors: TrustAnchors) { self.anchors = anchors }

    /// Judges what a server showed.
    ///
    /// - Parameters:
    ///   - shown: its certificates, its own first.
    ///   - names: names or addresses, one of which the certificate must be for; none: any name will do.
    func verdict(on shown: [NIOSSLCertificate], for names: [String]) async -> PeerVerdict {
        let facts = shown.prefix(Self.longestChain).map { CertificateFacts($0) }
        let chain = shown.prefix(Self.longestChain).compactMap { shown in
            (try? shown.toDERBytes()).flatMap { try? Certificate(derEncoded: $0) }
        }
        guard let leaf = chain.first, chain.count == facts.count else {
            let problem = shown.isEmpty ? "the server showed no certificate" : "the certificate can't be decoded"
            return PeerVerdict(problem: problem, chain: facts)
        }
        if let reason = await acceptance(leaf, chain, facts, names) {
            return PeerVerdict(problem: nil, reason: reason, chain: facts)
        }
        let problems = await problems(leaf, chain, facts, names)
        let words = problems.isEmpty ? ["the certificate breaks a rule of RFC 5280"] : problems
        return PeerVerdict(problem: words.joined(separator: "; "), chain: facts)
    }

    private static let longestChain = 16

    /// Why the certificate is accepted, in words; nil where it is not.
    private func acceptance(
        _ leaf: Certificate, _ chain: [Certificate], _ facts: [CertificateFacts], _ names: [String]
    ) async -> String? {
        guard let fact = facts.first else { return nil }
        var matched: String?
        for name in names where matched == nil {
            if await isFor([name], leaf) { matched = name }
        }
        guard names.isEmpty || matched != nil else { return nil }
        let rest = (matched.map { ", is for \($0)" } ?? "") + ", valid until \(fact.lastDay)"
        if anchors.named.contains(leaf) { return Self.isInTime(leaf) ? "is trusted itself" + rest : nil }
        var verifier = Verifier(rootCertificates: anchors.store) {
            RFC5280Policy()
            ServerUsePolicy()
            AnyNamePolicy()
        }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
        guard case .validCertificate(let path) = result, let root = path.last else { return nil }
        return "chains to \(CertificateFacts(root).subject)" + rest
    }

    // MARK: Words

    private func problems(
        _ leaf: Certificate, _ chain: [Certificate], _ facts: [CertificateFacts], _ names: [String]
    ) async -> [String] {
        var problems: [String] = []
        for (certificate, fact) in zip(chain, facts) where !Self.isInTime(certificate) {
            let whose = certificate == leaf ? "the certificate" : "the certificate of \(fact.subject)"
            problems.append(
                certificate.notValidBefore > .now
                    ? "\(whose) is not valid yet" : "\(whose) expired on \(fact.lastDay)")
        }
        if !(await isFor(names, leaf)), let fact = facts.first {
            let own = fact.names.isEmpty ? "no server" : fact.names.list
            problems.append("the certificate is for \(own), not for \(names.joined(separator: " or "))")
        }
        if let policy = ServerUsePolicy.problem(leaf) { problems.append(policy) }
        if !anchors.named.contains(leaf), !(await isSignedByAnchor(leaf, chain)) {
            problems.append(Self.untrusted(leaf, chain, facts))
        }
        return problems
    }

    private static func untrusted(_ leaf: Certificate, _ chain: [Certificate], _ facts: [CertificateFacts]) -> String {
        if leaf.issuer == leaf.subject { return "the certificate is self-signed" }
        guard let last = chain.last, let fact = facts.last else { return "its issuer is not trusted" }
        return last.issuer == last.subject
            ? "its root \(fact.subject) is not trusted (self-signed)" : "its issuer \(fact.issuer) is not known"
    }

    /// Whether signatures lead to an anchor, whatever else may be wrong.
    private func isSignedByAnchor(_ leaf: Certificate, _ chain: [Certificate]) async -> Bool {
        var verifier = Verifier(rootCertificates: anchors.store) { AnythingPolicy() }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
        if case .validCertificate = result { return true }
        return false
    }

    private func isFor(_ names: [String], _ leaf: Certificate) async -> Bool {
        guard !names.isEmpty else { return true }
        for name in names {
            let address = ServerNames(of: name)
            var verifier = Verifier(rootCertificates: CertificateStore([leaf])) {
                ServerIdentityPolicy(
                    serverHostname: address.dns.first, serverIP: address.addresses.first?.description)
                AnythingPolicy()
            }
            let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore())
            if case .validCertificate = result { return true }
        }
        return false
    }

    private static func isInTime(_ certificate: Certificate) -> Bool {
        certificate.notValidBefore <= .now && .now <= certificate.notValidAfter
    }
}

extension ServerNames {
    /// One name or address.
    fileprivate init(of name: String) {
        self.init()
        add(name)
    }
}
