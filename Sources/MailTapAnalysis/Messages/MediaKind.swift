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
}
