import Crypto
public import MailTapCore
import NIOSSL
import SwiftASN1
import X509

/// What a certificate says, for records and people; every text is printable and bounded.
public struct CertificateFacts: Sendable, Hashable {
    /// Whom it is for, as a distinguished name.
    public var subject: String
    /// Who signed it.
    public var issuer: String
    /// The names of its `subjectAltName`, else its common name where that is a host's.
    public var names: ServerNames
    /// From when it is valid.
    public var notBefore: Timestamp
    /// Until when.
    public var notAfter: Timestamp
    /// SHA-256 of its DER form, 32 octets in lower-case hexadecimal digits.
    public var fingerprint: String
    /// Kind of its key, such as `P256` or `RSA2048`.
    public var key: String

    /// The last day of its time, `2026-11-25`.
    public var lastDay: String { String(TimeText.text(moment: notAfter, decimals: 0).prefix(10)) }

    init(_ certificate: Certificate) {
        subject = Self.text(certificate.subject)
        issuer = Self.text(certificate.issuer)
        notBefore = Timestamp(certificate.notValidBefore)
        notAfter = Timestamp(certificate.notValidAfter)
        fingerprint = Self.digest((try? certificate.der()) ?? [])
        key = Self.printable("\(certificate.publicKey)").replacing(suffix: ".PublicKey")
        names = Self.names(certificate)
    }

    /// What can be said of a peer's certificate; one that can't be decoded has no more than its digest.
    init(_ certificate: NIOSSLCertificate) {
        let der = (try? certificate.toDERBytes()) ?? []
        if let decoded = try? Certificate(derEncoded: der) {
            self.init(decoded)
            return
        }
        let unknown = "(can't be decoded)"
        self.init(subject: unknown, issuer: unknown, fingerprint: Self.digest(der), key: unknown)
    }

    private init(subject: String, issuer: String, fingerprint: String, key: String) {
        self.subject = subject
        self.issuer = issuer
        self.fingerprint = fingerprint
        self.key = key
        names = ServerNames()
        notBefore = Timestamp(nanoseconds: 0)
        notAfter = Timestamp(nanoseconds: 0)
    }

    private static func digest(_ der: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let octets = SHA256.hash(data: der).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: octets, as: UTF8.self)
    }

    private static func text(_ name: DistinguishedName) -> String {
        let text = printable("\(name)")
        return text.isEmpty ? "(no name)" : text
    }

    /// RFC 6125 section 6.4.4: the common name counts only where there is no alternative name.
    private static func names(_ certificate: Certificate) -> ServerNames {
        var names = ServerNames()
        if let alternatives = try? certificate.extensions.subjectAlternativeNames {
            for alternative in alternatives {
                switch alternative {
                case .dnsName(let name): names.add(name)
                case .ipAddress(let octets):
                    if let address = IPAddress(octets: octets.bytes) { names.add(address) }
                default: break
                }
            }
        }
        guard names.isEmpty else { return names }
        for part in certificate.subject.flatMap({ $0 }) where part.type == .RDNAttributeType.commonName {
            names.add("\(part.value)")
        }
        return names
    }

    /// A peer's text without control characters, 200 characters at most.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(200).map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                        "?"
                    default: scalar
                    }
                }))
    }
}

extension TLSMark.Certificate {
    /// The same, for a record, which takes at most 16 names.
    public init(_ facts: CertificateFacts) {
        self.init(
            subject: facts.subject, issuer: facts.issuer,
            names: Array((facts.names.dns + facts.names.addresses.map(\.description)).prefix(16)),
            notBefore: facts.notBefore,
            notAfter: facts.notAfter, sha256: facts.fingerprint)
    }
}

extension String {
    fileprivate func replacing(suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

extension IPAddress {
    /// An address from 4 or 16 octets in network order; nil for any other number.
    package init?(octets: some Collection<UInt8>) {
        let number = octets.map(UInt64.init)
        switch number.count {
        case 4: self.init(v4: UInt32(truncatingIfNeeded: number.reduce(0) { $0 << 8 | $1 }))
        case 16:
            self.init(
                high: number.prefix(8).reduce(0) { $0 << 8 | $1 }, low: number.suffix(8).reduce(0) { $0 << 8 | $1 })
        default: return nil
        }
    }
}
