/// The name and password that clients of a SOCKS front door must know (RFC 1929).
public struct SOCKSLogin: Sendable, Hashable {
    /// Up to 255 octets each.
    let name: [UInt8]
    let password: [UInt8]

    /// A login; nil where the name is empty or either is longer than RFC 1929 section 2 allows, 255 octets.
    public init?(name: String, password: String) {
        guard (1...255).contains(name.utf8.count), password.utf8.count <= 255 else { return nil }
        self.name = Array(name.utf8)
        self.password = Array(password.utf8)
    }

    /// Whether these are the ones; takes as long whatever they are.
    func matches(name: ArraySlice<UInt8>, password: ArraySlice<UInt8>) -> Bool {
        Self.isSame(name, self.name) && Self.isSame(password, self.password)
    }

    private static func isSame(_ said: ArraySlice<UInt8>, _ known: [UInt8]) -> Bool {
        let length = [UInt8](repeating: 0, count: max(0, known.count - said.count))
        let difference = zip(said + length, known).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
        return difference == 0 && said.count == known.count
    }
}

extension SOCKSLogin: CustomStringConvertible {
    /// The name alone: a password is in no message.
    public var description: String { String(decoding: name, as: UTF8.self) }
}
