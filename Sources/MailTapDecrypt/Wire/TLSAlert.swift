/// An alert (RFC 8446 section 6).
struct TLSAlert: Sendable, Equatable {
    /// 1 warning, 2 fatal; TLS 1.3 goes by the description alone.
    var level: UInt8
    var code: UInt8

    /// The alert in a record's content; nil where it is none.
    init?(_ content: [UInt8]) {
        guard content.count == 2 else { return nil }
        (level, code) = (content[0], content[1])
    }

    /// Whether it ends the connection in order: close_notify and user_canceled.
    var isOrderly: Bool { code == 0 || code == 90 }
    /// Whether TLS goes on after it: no_renegotiation, and other warnings before TLS 1.3.
    var isHarmless: Bool { isOrderly || code == 100 || level == 1 }

    /// Its registered name, and where one is known what it means to a person.
    var text: String {
        switch code {
        case 10: "unexpected_message"
        case 20: "bad_record_mac"
        case 22: "record_overflow"
        case 40: "handshake_failure: no version, cipher suite or group that both sides take"
        case 42: "bad_certificate"
        case 43: "unsupported_certificate"
        case 44: "certificate_revoked"
        case 45: "certificate_expired"
        case 46: "certificate_unknown: it does not accept the certificate"
        case 47: "illegal_parameter"
        case 48: "unknown_ca: it does not trust the issuer of the certificate"
        case 49: "access_denied"
        case 50: "decode_error"
        case 51: "decrypt_error"
        case 70: "protocol_version: no version that both sides take"
        case 71: "insufficient_security"
        case 80: "internal_error"
        case 86: "inappropriate_fallback"
        case 109: "missing_extension"
        case 112: "unrecognized_name: the server does not know the name that was asked for"
        case 113: "bad_certificate_status_response"
        case 116: "certificate_required"
        case 120: "no_application_protocol"
        default: "alert \(code)"
        }
    }
}
