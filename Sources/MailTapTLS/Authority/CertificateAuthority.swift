import Crypto
public import MailTapCore
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The authority that signs the certificates which intercepted clients are shown: its key and its certificate.
public struct CertificateAuthority: Sendable {
    /// How long a new authority lasts: five years.
    static let lifetime: TimeInterval = 1_826 * day
    /// Certificates are valid from a day ago, for clients whose clocks are late.
    static let backdating: TimeInterval = day
    static let day: TimeInterval = 86_400

    let certificate: Certificate
    let key: Certificate.PrivateKey

    /// A new authority with a P-256 key of its own.
    ///
    /// - Parameters:
    ///   - time: now.
    ///   - host: the machine's name, so that a list of authorities tells several apart.
    public init(madeAt time: Timestamp, host: String) throws(TLSError) {
        let date = Date(time)
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        do {
            let name = try DistinguishedName {
                OrganizationName("MailTap")
                CommonName("MailTap CA of \(Self.printable(host)) (\(Self.dayText(time)))")
            }
            certificate = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: key.publicKey,
                notValidBefore: date - Self.backdating, notValidAfter: date + Self.lifetime, issuer: name,
                subject: name,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: key.publicKey)
                },
                issuerPrivateKey: key)
        } catch {
            throw TLSError(code: .refused, context: "can't make a certificate authority: \(error)")
        }
        self.key = key
    }

    /// Reads a private key and the certificate that belongs to it, in any order.
    ///
    /// - Throws: `TLSError` (`damaged`): what is missing or does not belong together.
    public init(pem: String) throws(TLSError) {
        let documents: [PEMDocument]
        do { documents = try PEMDocument.parseMultiple(pemString: pem) } catch {
            throw TLSError(code: .damaged, context: "it is no PEM")
        }
        guard let first = documents.first(where: { $0.discriminator == "CERTIFICATE" }) else {
            throw TLSError(code: .damaged, context: "it holds no certificate")
        }
        guard let secret = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) else {
            throw TLSError(code: .damaged, context: "it holds no private key")
        }
        do {
            certificate = try Certificate(pemDocument: first)
            key = try Certificate.PrivateKey(pemDocument: secret)
        } catch {
            throw TLSError(code: .damaged, context: "its key or certificate can't be decoded")
        }
        guard key.publicKey == certificate.publicKey else {
            throw TLSError(code: .damaged, context: "its key and its certificate do not belong together")
        }
    }

    /// The certificate, for clients to trust.
    public var certificatePEM: String {
        (try? certificate.serializeAsPEM().pemString).map { $0 + "\n" } ?? ""
    }

    /// What the certificate says.
    public var facts: CertificateFacts { CertificateFacts(certificate) }

    /// Key and certificate, for the authority's own file.
    func pem() throws(TLSError) -> String {
        do {
            return try key.serializeAsPEM().pemString + "\n" + certificate.serializeAsPEM().pemString + "\n"
        } catch {
            throw TLSError(code: .refused, context: "can't write the certificate authority's key: \(error)")
        }
    }

    private static func printable(_ host: String) -> String {
        let letters = host.utf8.prefix(30).filter { $0 > 32 && $0 < 127 }
        return letters.isEmpty ? "this machine" : String(decoding: letters, as: UTF8.self)
    }

    private static func dayText(_ time: Timestamp) -> String {
        String(TimeText.text(moment: time, decimals: 0).prefix(10))
    }
}

extension Date {
    /// The moment that a time stamp names.
    init(_ time: Timestamp) {
        self.init(timeIntervalSince1970: Double(time.nanoseconds) / 1e9)
    }
}

extension Timestamp {
    /// The moment of a date, to the second; far away dates are clamped.
    init(_ date: Date) {
        let seconds = min(max(date.timeIntervalSince1970, -9e9), 9e9)
        self.init(nanoseconds: Int64(seconds.rounded(.down)) &* 1_000_000_000)
    }
}
