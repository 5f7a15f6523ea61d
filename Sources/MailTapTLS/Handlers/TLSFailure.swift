import NIOSSL

/// Why a handshake failed, in words for a person.
public enum TLSFailure {
    /// The reason, such as `the peer's alert: unknown ca`.
    public static func words(_ error: any Error) -> String {
        switch error {
        case NIOSSLError.handshakeFailed(let failure): words(failure)
        case NIOSSLError.uncleanShutdown: "the connection was closed"
        case let failure as BoringSSLError: words(failure)
        case let failure as TLSError: failure.context
        default: "\(error)"
        }
    }

    /// The alert that the peer sent (RFC 8446 section 6.2), such as `unknown ca`; nil: it sent none.
    public static func alert(_ error: any Error) -> String? {
        guard case NIOSSLError.handshakeFailed(.sslError(let stack)) = error else { return nil }
        return stack.lazy.compactMap { alert(reason($0)) }.first
    }

    private static func words(_ failure: BoringSSLError) -> String {
        guard case .sslError(let stack) = failure, let first = stack.first else { return "the TLS library gave up" }
        if first == .eofDuringHandshake { return "the peer closed the connection in the midst of the handshake" }
        for reason in stack.map(reason) {
            if let alert = alert(reason) { return "the peer's alert: \(alert)" }
            if let known = known[reason] { return known }
        }
        return reason(first).lowercased().replacingUnderscores
    }

    /// `error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at …` -> the last word.
    private static func reason(_ error: BoringSSLInternalError) -> String {
        let text = error.description.split(separator: " at ").first.map(String.init) ?? ""
        return text.split(separator: ":").last.map(String.init) ?? text
    }

    private static func alert(_ reason: String) -> String? {
        for prefix in ["TLSV1_ALERT_", "SSLV3_ALERT_", "TLSV1_"] where reason.hasPrefix(prefix) {
            return reason.dropFirst(prefix.count).lowercased().replacingUnderscores
        }
        return nil
    }

    private static let known = [
        "WRONG_VERSION_NUMBER": "what came is no TLS",
        "UNEXPECTED_RECORD": "what came is no handshake of TLS",
        "HTTP_REQUEST": "what came is HTTP, no TLS",
        "UNSUPPORTED_PROTOCOL": "no version of TLS in common",
        "NO_SHARED_CIPHER": "no cipher suite in common",
        "CERTIFICATE_VERIFY_FAILED": "the certificate was not accepted",
    ]
}

extension String {
    fileprivate var replacingUnderscores: String { String(map { $0 == "_" ? " " : $0 }) }
}
