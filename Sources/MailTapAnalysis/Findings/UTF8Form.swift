/// Octets that ought to be UTF-8 (RFC 3629).
enum UTF8Form {
    static func isValid(_ octets: [UInt8]) -> Bool { String(validating: octets, as: UTF8.self) != nil }
}
