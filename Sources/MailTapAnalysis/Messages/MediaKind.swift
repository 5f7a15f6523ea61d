/// What a media type (RFC 2046) means for how a part is read.
enum MediaKind {
    case text, multipart
    /// An embedded message.
    case message
    /// The machine-readable part of a report (RFC 3464, 8098, 5965).
    case report
    case other

    /// - Parameter type: in lower case.
    init(_ type: String) {
        // The first letter tells most types apart.
        switch type.utf8.first {
        case UInt8(ascii: "t"): self = type.hasPrefix("text/") ? .text : .other
        case UInt8(ascii: "m"):
            switch type {
            case "message/rfc822", "message/global": self = .message
            case _ where type.hasPrefix("multipart/"): self = .multipart
            default: self = MessageReport.types.contains(type) ? .report : .other
            }
        default: self = .other
        }
    }

    /// Whether a field's value can be a media type (RFC 2045 section 5.1): one slash stands in it, neither first nor last.
    static func isMediaType(_ text: String.UTF8View) -> Bool {
        let slash = UInt8(ascii: "/")
        func isOne(_ octets: UnsafeBufferPointer<UInt8>) -> Bool {
            guard let place = octets.firstIndex(of: slash), place > 0, place < octets.count - 1 else { return false }
            return !octets[(place + 1)...].contains(slash)
        }
        return text.withContiguousStorageIfAvailable(isOne) ?? Array(text).withUnsafeBufferPointer(isOne)
    }
}
