/// Takes out of a message what changes with each delivery or each composing.
struct MessageNormalization {
    private let rules: Set<Normalizer.Builtin>
    private static let traceFields: Set<String> = [
        "received", "return-path", "delivered-to", "x-original-to", "received-spf", "authentication-results",
        "dkim-signature",
    ]
    private static let colon = UInt8(ascii: ":"), space = UInt8(ascii: " "), tab = UInt8(ascii: "\t")

    init(_ rules: Set<Normalizer.Builtin>) { self.rules = rules }

    /// The octets without what may vary.
    ///
    /// - Parameter isReceived: whether the message was fetched; only then trace fields are a delivery's doing.
    func apply(_ message: [UInt8], isReceived: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(message.count)
        var boundaries: [[UInt8]] = []
        var start = 0
        while start < message.count {
            var end = Self.lineEnd(message, start)
            if Self.isEmptyLine(message[start..<end]) { break }
            // A field goes on in the lines that begin with white space (RFC 5322 section 2.2.3).
            while end < message.count, message[end] == Self.space || message[end] == Self.tab {
                end = Self.lineEnd(message, end)
            }
            let field = message[start..<end]
            start = end
            guard let colon = field.firstIndex(of: Self.colon) else {
                result += field
                continue
            }
            let name = String(decoding: field[..<colon], as: UTF8.self).lowercased()
            switch name {
            case "date" where rules.contains(.dates): result += [UInt8]("Date: {dates}\r\n".utf8)
            case "message-id" where rules.contains(.messageIDs):
                result += [UInt8]("Message-ID: {message-ids}\r\n".utf8)
            case "content-type" where rules.contains(.boundaries):
                if let boundary = Self.boundary(in: field) { boundaries.append(boundary) }
                result += field
            case _
            where isReceived && rules.contains(.traceFields)
                && (Self.traceFields.contains(name) || name.hasPrefix("arc-")):
                continue
            default: result += field
            }
        }
        result += message[start...]
        // Nested multiparts declare theirs in part headers; those lines begin like any field.
        if rules.contains(.boundaries), !boundaries.isEmpty {
            boundaries += Self.nestedBoundaries(in: message[start...])
        }
        for (index, boundary) in boundaries.enumerated() where !boundary.isEmpty {
            result = Octets.replacing(boundary, in: result, with: [UInt8]("{boundaries \(index)}".utf8))
        }
        return result
    }

    private static func lineEnd(_ octets: [UInt8], _ start: Int) -> Int {
        octets[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? octets.count
    }

    private static func isEmptyLine(_ line: ArraySlice<UInt8>) -> Bool {
        line.elementsEqual([0x0D, 0x0A]) || line.elementsEqual([0x0A])
    }

    /// The value of a `boundary=` parameter (RFC 2046 section 5.1.1: at most 70 octets).
    private static func boundary(in field: ArraySlice<UInt8>) -> [UInt8]? {
        let text = field.prefix(4096).map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
        let mark = [UInt8]("boundary=".utf8)
        guard text.count > mark.count,
            let found = (0..<text.count - mark.count).first(where: { text[$0..<$0 + mark.count].elementsEqual(mark) })
        else { return nil }
        let value = field.dropFirst(found + mark.count)
        if value.first == UInt8(ascii: "\"") {
            return [UInt8](value.dropFirst().prefix(70).prefix { $0 != UInt8(ascii: "\"") })
        }
        return [UInt8](value.prefix(70).prefix { $0 > 0x20 && $0 != UInt8(ascii: ";") })
    }

    /// Boundaries of multiparts inside, at most 32 of them.
    private static func nestedBoundaries(in body: ArraySlice<UInt8>) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var start = body.startIndex
        while start < body.endIndex, found.count < 32 {
            var end = body[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? body.endIndex
            let head = body[start..<end].prefix(13)
            if String(decoding: head, as: UTF8.self).lowercased() == "content-type:" {
                while end < body.endIndex, body[end] == space || body[end] == tab {
                    end = body[end...].firstIndex(of: 0x0A).map { $0 + 1 } ?? body.endIndex
                }
                if let boundary = boundary(in: body[start..<end]) { found.append(boundary) }
            }
            start = end
        }
        return found
    }
}
