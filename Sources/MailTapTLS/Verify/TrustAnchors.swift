import SwiftASN1
import X509

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whom to believe about a server's name: the system's certificate authorities and those of `--upstream-ca`.
public struct TrustAnchors: Sendable {
    let store: CertificateStore
    /// Certificates that the user named: one of them is trusted as it is, even where it is no authority's.
    let named: [Certificate]

    /// The system's list: the file of `SSL_CERT_FILE` if set, else where the system keeps it.
    public static func system() throws(TLSError) -> TrustAnchors {
        guard let value = getenv("SSL_CERT_FILE"), value[0] != 0 else {
            return TrustAnchors(store: .systemTrustRoots, named: [])
        }
        let path = String(cString: value)
        return TrustAnchors(store: CertificateStore(try certificates(path, what: "SSL_CERT_FILE")), named: [])
    }

    /// These anchors and the PEM certificates of a file.
    ///
    /// - Throws: `TLSError` that names the file and what is wrong.
    public func adding(file path: String) throws(TLSError) -> TrustAnchors {
        let more = try Self.certificates(path, what: "the certificate authorities in")
        return TrustAnchors(store: store.appending(contentsOf: more), named: named + more)
    }

    private static func certificates(_ path: String, what: String) throws(TLSError) -> [Certificate] {
        let text = String(decoding: try PrivateFile.read(path, what: what), as: UTF8.self)
        let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
        let found = documents.compactMap { document in
            document.discriminator.hasSuffix("CERTIFICATE") ? try? Certificate(derEncoded: document.derBytes) : nil
        }
        guard !found.isEmpty else {
            throw TLSError(code: .damaged, context: "\(path) holds no certificate: PEM is needed (BEGIN CERTIFICATE)")
        }
        return found
    }
}
