import MailTapCore

/// What opens a tunnel before the mail, or a PROXY protocol header: addresses and names are replaced, the form stays.
enum PreambleRedaction {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    private static let kept: Set<[UInt8]> = Vocabulary.set(
        "proxy tcp4 tcp6 unknown connect http connection established host authorization basic keep alive user agent ok")

    /// As many octets.
    static func redacted(_ octets: ArraySlice<UInt8>, by names: inout Pseudonyms) -> [UInt8] {
        let octets = Array(octets)
        if octets.starts(with: signature) { return proxyHeader(octets, &names) }
        switch octets.first {
        case 5?: return socks5(octets, &names)
        case 1?: return [1] + credentials(Array(octets.dropFirst()), &names)
        case 0?, 4?: return socks4(octets, &names)
        default:
            return names.words(octets) { word, _ in
                word.count <= 5 && word.allSatisfy(WordClass.isDigit) || kept.contains(word.map(WordClass.lowercased))
            }
        }
    }

    /// PROXY protocol version 2: signature, version and command, family, length, two addresses, two ports, the rest.
    private static func proxyHeader(_ octets: [UInt8], _ names: inout Pseudonyms) -> [UInt8] {
        guard octets.count >= 16 else { return octets }
        let width = octets[13] >> 4 == 1 ? 4 : octets[13] >> 4 == 2 ? 16 : 0
        var out = octets
        let end = 16 + 2 * width + (width > 0 ? 4 : 0)
        guard width > 0, octets.count >= end else { return octets[..<16] + names.octets(for: octets[16...]) }
        for start in [16, 16 + width] {
            out.replaceSubrange(start..<start + width, with: address(octets[start..<start + width], &names))
        }
        return out[..<end] + names.octets(for: octets[end...])
    }

    /// SOCKS5 (RFC 1928): a request or reply with an address, or the methods.
    private static func socks5(_ octets: [UInt8], _ names: inout Pseudonyms) -> [UInt8] {
        guard octets.count > 4, octets[2] == 0 else { return octets }
        let rest = Array(octets[4...])
        switch octets[3] {
        case 1 where rest.count >= 4: return octets[..<4] + address(rest[..<4], &names) + rest[4...]
        case 4 where rest.count >= 16: return octets[..<4] + address(rest[..<16], &names) + rest[16...]
        case 3:
            let length = min(Int(rest[0]), rest.count - 1)
            return octets[..<5] + names.name(rest[1..<1 + length], .host) + rest[(1 + length)...]
        default: return octets[..<4] + names.octets(for: rest)
        }
    }

    /// SOCKS4 and 4a: version, command, port, address, a user's name and perhaps a host's, each with a zero behind it.
    private static func socks4(_ octets: [UInt8], _ names: inout Pseudonyms) -> [UInt8] {
        guard octets.count >= 8 else { return octets }
        // 4a says with an address that is none, 0.0.0.x, that a name follows.
        let isName = octets[4..<7].allSatisfy { $0 == 0 }
        return octets[..<4] + (isName ? Array(octets[4..<8]) : address(octets[4..<8], &names))
            + names.words(octets[8...])
    }

    /// User and password of SOCKS5 (RFC 1929), each behind its length.
    private static func credentials(_ octets: [UInt8], _ names: inout Pseudonyms) -> [UInt8] {
        guard let length = octets.first.map(Int.init), octets.count > length else { return names.words(octets) }
        return octets[..<1] + names.name(octets[1..<1 + length], .user) + octets[(1 + length)...].prefix(1)
            + names.words(octets[(1 + length)...].dropFirst())
    }

    private static func address(_ octets: ArraySlice<UInt8>, _ names: inout Pseudonyms) -> [UInt8] {
        func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        let start = octets.startIndex
        let new =
            octets.count == 4
            ? names.address(IPAddress(v4: UInt32(truncatingIfNeeded: number(octets))))
            : names.address(
                IPAddress(high: number(octets[..<(start + 8)]), low: number(octets[(start + 8)...])))
        let all = (0..<16).map { place in
            UInt8(truncatingIfNeeded: (place < 8 ? new.high : new.low) >> (56 - 8 * UInt64(place % 8)))
        }
        return Array(all.suffix(octets.count))
    }
}
