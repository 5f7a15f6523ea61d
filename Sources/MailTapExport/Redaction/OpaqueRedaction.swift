import MailTapCore

/// Octets that were not decoded: of TLS the form of the records stays, of text the lines.
enum OpaqueRedaction {
    /// As many octets that say nothing.
    static func redacted(_ octets: ArraySlice<UInt8>, by pseudonyms: inout Pseudonyms) -> [UInt8] {
        pseudonyms.log.opaqueOctets &+= UInt64(octets.count)
        if isRecord(octets) { return records(octets, &pseudonyms) }
        let isText = octets.prefix(4_096).allSatisfy { $0 >= 32 || $0 == 9 || $0 == 10 || $0 == 13 }
        guard isText else { return pseudonyms.octets(for: octets) }
        return pseudonyms.words(octets) { word, _ in Vocabulary.imap.contains(word.map(WordClass.lowercased)) }
    }

    private static func isRecord(_ octets: ArraySlice<UInt8>) -> Bool {
        let head = Array(octets.prefix(3))
        return head.count == 3 && (20...23).contains(head[0]) && head[1] == 3 && head[2] <= 4
    }

    /// TLS records (RFC 8446 section 5.1): headers stay; of the two hellos all but the server's name does.
    private static func records(_ octets: ArraySlice<UInt8>, _ pseudonyms: inout Pseudonyms) -> [UInt8] {
        var out: [UInt8] = []
        var rest = octets
        while isRecord(rest), rest.count >= 5 {
            let start = rest.startIndex
            let length = Int(rest[start + 3]) << 8 | Int(rest[start + 4])
            out += rest.prefix(5)
            let body = rest.dropFirst(5).prefix(length)
            let isHello = rest[start] == 22 && (body.first == 1 || body.first == 2)
            out += isHello ? hello(Array(body), &pseudonyms) : pseudonyms.octets(for: body)
            rest = rest.dropFirst(5 + body.count)
        }
        return out + pseudonyms.octets(for: rest)
    }

    /// A record that begins with a hello (RFC 8446 section 4.1); further messages in it are replaced.
    private static func hello(_ body: [UInt8], _ pseudonyms: inout Pseudonyms) -> [UInt8] {
        guard body.count > 4 else { return body }
        let end = min(body.count, 4 + Int(body[1]) << 16 + Int(body[2]) << 8 + Int(body[3]))
        var out = body
        if end < body.count { out.replaceSubrange(end..., with: pseudonyms.octets(for: body[end...])) }
        // The random octets are what a key log names a connection by.
        if end >= 38 { out.replaceSubrange(6..<38, with: pseudonyms.octets(for: body[6..<38])) }
        if body[0] == 1, let name = serverName(body[..<end]) {
            out.replaceSubrange(name, with: pseudonyms.name(body[name], .host))
        }
        return out
    }

    /// Where the host name of server_name stands (RFC 6066 section 3).
    private static func serverName(_ hello: ArraySlice<UInt8>) -> Range<Int>? {
        var index = 4 + 2 + 32
        func number(_ width: Int) -> Int? {
            guard index + width <= hello.endIndex else { return nil }
            defer { index += width }
            return hello[index..<index + width].reduce(0) { $0 << 8 | Int($1) }
        }
        guard let session = number(1) else { return nil }
        index += session
        guard let ciphers = number(2) else { return nil }
        index += ciphers
        guard let compressions = number(1) else { return nil }
        index += compressions
        guard number(2) != nil else { return nil }
        while let type = number(2), let length = number(2) {
            guard type == 0 else {
                index += length
                continue
            }
            guard number(2) != nil, number(1) == 0, let count = number(2), index + count <= hello.endIndex else {
                return nil
            }
            return index..<index + count
        }
        return nil
    }
}
