/// A ClientHello made by hand: as short as one may be, with a server name and application protocols.
enum SampleHello {
    static func message(name: String?, protocols: [String] = []) -> [UInt8] {
        var extensions: [UInt8] = []
        if let name {
            extensions += [0, 0] + vector(2, vector(2, [0] + vector(2, Array(name.utf8))))
        }
        if !protocols.isEmpty {
            extensions += [0, 16] + vector(2, vector(2, protocols.flatMap { vector(1, Array($0.utf8)) }))
        }
        let body =
            [3, 3] + [UInt8](repeating: 7, count: 32) + vector(1, [1, 2, 3]) + vector(2, [0x13, 1]) + vector(1, [0])
            + vector(2, extensions)
        return [1] + vector(3, body)
    }

    /// The message in records of at most so many octets.
    static func records(_ message: [UInt8], pieces: Int = .max) -> [UInt8] {
        var octets: [UInt8] = []
        var rest = message[...]
        while !rest.isEmpty {
            octets += [22, 3, 1] + vector(2, Array(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        return octets
    }

    static func vector(_ width: Int, _ content: [UInt8]) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: content.count >> (8 * (width - 1 - $0))) } + content
    }
}
