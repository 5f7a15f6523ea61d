import NIOSSL

/// A certificate with its chain and its private key: what a peer shows of itself.
public struct TLSIdentity: Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// What the certificate says.
    public let facts: CertificateFacts

    init(chain: [NIOSSLCertificate], key: NIOSSLPrivateKey, facts: CertificateFacts) {
        self.chain = chain
        self.key = key
        self.facts = facts
    }

    /// Reads a user's own certificate (its chain behind it) and key, both PEM; they may be in one file.
    ///
    /// - Throws: `TLSError` that names the file and what is wrong with it.
    public init(certificatePath: String, keyPath: String) throws(TLSError) {
        let certificates = try PrivateFile.read(certificatePath, what: "the certificate")
        let secret = try PrivateFile.read(keyPath, what: "the private key")
        let found = (try? NIOSSLCertificate.fromPEMBytes(certificates)) ?? []
        guard let first = found.first else {
            throw TLSError(code: .damaged, context: "\(certificatePath) holds no PEM certificate")
        }
        chain = found
        do { key = try NIOSSLPrivateKey(bytes: secret, format: .pem) } catch {
            throw TLSError(
                code: .damaged, context: "\(keyPath) holds no PEM private key that can be used without a passphrase")
        }
        facts = CertificateFacts(first)
        try check(certificatePath, keyPath)
    }

    /// Whether key and certificate belong together: the TLS library says so when a context is made of them.
    private func check(_ certificatePath: String, _ keyPath: String) throws(TLSError) {
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        do { _ = try NIOSSLContext(configuration: configuration) } catch {
            throw TLSError(
                code: .damaged,
                context: "the certificate in \(certificatePath) can't be used with the private key in \(keyPath): "
                    + "they must belong together, and the certificate be one that may sign handshakes")
        }
    }
}
