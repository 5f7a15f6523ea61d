public import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where the certificate authority lives: two files of MailTap's home.
///
/// `ca-key.pem` (mode 0600) holds the key and the certificate, so that one rename replaces both; `ca.pem` is a copy of
/// the certificate alone, for clients. Any number of processes may use one home.
public struct AuthorityStore: Sendable {
    /// The directory; made on first need.
    public let directory: String

    /// A store in a directory, which need not exist.
    public init(directory: String) { self.directory = directory }

    /// The store in MailTap's home.
    ///
    /// - Throws: `TLSError` where the user has no home.
    public static func inHome() throws(TLSError) -> AuthorityStore {
        guard let path = MailTapHome.path else {
            throw TLSError(
                code: .unwritable,
                context: "there is no home directory for the certificate authority: set MAILTAP_HOME")
        }
        return AuthorityStore(directory: path)
    }

    /// Path of the key, with its certificate.
    public var keyPath: String { directory + "/ca-key.pem" }
    /// Whether others than the owner may read or write the key; false where there is none.
    public var isKeyExposed: Bool { PrivateFile.mode(of: keyPath).map { $0 & 0o077 != 0 } ?? false }
    /// Path of the certificate alone.
    public var certificatePath: String { directory + "/ca.pem" }

    /// The authority, if one was made.
    ///
    /// - Throws: `TLSError` where it can't be read, or its time is over at `time`.
    public func existing(at time: Timestamp) throws(TLSError) -> CertificateAuthority? {
        guard PrivateFile.exists(keyPath) else { return nil }
        let octets = try PrivateFile.read(keyPath, what: "the certificate authority's key")
        let authority: CertificateAuthority
        do throws(TLSError) {
            authority = try CertificateAuthority(pem: String(decoding: octets, as: UTF8.self))
        } catch {
            throw TLSError(
                code: .damaged,
                context: "the certificate authority in \(keyPath) can't be used: \(error.context); "
                    + "'mailtap ca renew' makes a new one, which clients must then trust")
        }
        guard authority.facts.notAfter > time else {
            throw TLSError(
                code: .expired,
                context: "the certificate authority in \(keyPath) ended on \(authority.facts.lastDay); "
                    + "'mailtap ca renew' makes a new one, which clients must then trust")
        }
        return authority
    }

    /// The authority; makes it on first need, once, whatever other processes do.
    public func load(at time: Timestamp) throws(TLSError) -> CertificateAuthority {
        if let authority = try existing(at: time) {
            if !PrivateFile.exists(certificatePath) { try? publish(authority) }
            return authority
        }
        try PrivateFile.makeDirectory(directory)
        return try PrivateFile.locked(lockPath) { () throws(TLSError) -> CertificateAuthority in
            if let authority = try existing(at: time) { return authority }
            return try make(at: time)
        }
    }

    /// Makes a new authority in place of what is there.
    public func renew(at time: Timestamp) throws(TLSError) -> CertificateAuthority {
        try PrivateFile.makeDirectory(directory)
        return try PrivateFile.locked(lockPath) { () throws(TLSError) -> CertificateAuthority in try make(at: time) }
    }

    private var lockPath: String { directory + "/ca.lock" }

    private func make(at time: Timestamp) throws(TLSError) -> CertificateAuthority {
        let authority = try CertificateAuthority(madeAt: time, host: Self.hostName)
        try PrivateFile.replace(keyPath, with: Array(authority.pem().utf8), mode: 0o600)
        try publish(authority)
        return authority
    }

    private func publish(_ authority: CertificateAuthority) throws(TLSError) {
        try PrivateFile.replace(certificatePath, with: Array(authority.certificatePEM.utf8), mode: 0o644)
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
