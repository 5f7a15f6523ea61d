/// A version of TLS.
struct TLSVersion: Sendable, Equatable {
    /// The number on the wire: 0x0303 for TLS 1.2.
    let number: UInt16

    static let tls12 = TLSVersion(number: 0x0303)
    static let tls13 = TLSVersion(number: 0x0304)

    /// `TLSv1.3` and the like, as OpenSSL calls them.
    var name: String {
        switch number {
        case 0x0300: "SSLv3"
        case 0x0301: "TLSv1"
        case 0x0302: "TLSv1.1"
        case 0x0303: "TLSv1.2"
        case 0x0304: "TLSv1.3"
        default: "TLS 0x" + String(number, radix: 16)
        }
    }
}
