import Crypto
package import MailTapCore
import NIOSSL
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension CertificateAuthority {
    /// How long a minted certificate lasts: browsers and mail programs accept no more than 398 days.
    private static let leafLifetime: TimeInterval = 390 * day

    /// A certificate for a server of these names, with a key that all of them may share.
    ///
    /// - Parameters:
    ///   - names: what it is for; nothing but what a certificate may hold is taken over.
    ///   - leafKey: its key.
    ///   - time: now.
    func mint(_ names: ServerNames, leafKey: P256.Signing.PrivateKey, at time: Timestamp) throws(TLSError)
        -> TLSIdentity
    {
        let date = Date(time)
        let publicKey = Certificate.PublicKey(leafKey.publicKey)
        do {
            let subject = try DistinguishedName {
                OrganizationName("MailTap (intercepted)")
                // RFC 5280 appendix A: a common name has at most 64 characters.
                CommonName(String(names.primary.prefix(64)))
            }
            let leaf = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: publicKey,
                notValidBefore: max(certificate.notValidBefore, date - Self.backdating),
                notValidAfter: min(certificate.notValidAfter, date + Self.leafLifetime),
                issuer: certificate.subject, subject: subject,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(names.generalNames)
                    SubjectKeyIdentifier(hash: publicKey)
                    AuthorityKeyIdentifier(
                        keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
                },
                issuerPrivateKey: key)
            return try TLSIdentity(
                chain: [NIOSSLCertificate(bytes: leaf.der(), format: .der)],
                key: NIOSSLPrivateKey(bytes: Array(leafKey.derRepresentation), format: .der),
                facts: CertificateFacts(leaf))
        } catch {
            throw TLSError(code: .refused, context: "can't make a certificate for \(names.primary): \(error)")
        }
    }
}

extension ServerNames {
    /// RFC 5280 section 4.2.1.6.
    fileprivate var generalNames: [GeneralName] {
        dns.map { .dnsName($0) }
            + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0.octets[...])) }
    }
}

extension IPAddress {
    /// The address in network order: 4 or 16 octets.
    package var octets: [UInt8] {
        guard isIPv4 else {
            return [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) } }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * $0)) }
    }
}

extension Certificate {
    /// The certificate's DER form.
    func der() throws -> [UInt8] {
        var coder = DER.Serializer()
        try coder.serialize(self)
        return coder.serializedBytes
    }
}
