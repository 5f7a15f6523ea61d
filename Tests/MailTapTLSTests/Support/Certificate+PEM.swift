import NIOSSL
import SwiftASN1

extension NIOSSLCertificate {
    /// The certificate as PEM, for a file.
    func pem() throws -> String {
        PEMDocument(type: "CERTIFICATE", derBytes: try toDERBytes()).pemString + "\n"
    }
}
