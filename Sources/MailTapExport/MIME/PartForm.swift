/// How a leaf's body is written.
struct PartForm {
    enum Encoding { case identity, base64, quotedPrintable }

    var encoding = Encoding.identity
    /// Whether it is text of some kind.
    var isText = true

    /// Text as it stands.
    static let text = PartForm()

    init() {}

    /// - Parameters:
    ///   - type: the media type in lower case.
    ///   - encoding: the transfer encoding in lower case.
    init(type: String, encoding: String) {
        isText =
            type.hasPrefix("text/") || type.hasPrefix("message/") || type.hasPrefix("multipart/")
            || type.hasSuffix("json") || type.hasSuffix("xml") || type.hasSuffix("pgp-signature")
        switch encoding {
        case "base64": self.encoding = .base64
        case "quoted-printable": self.encoding = .quotedPrintable
        default: break
        }
    }

    /// A body with the places of what it stands for.
    func transferForm(_ body: [UInt8]) -> TransferForm {
        switch encoding {
        case .identity: .identity(body)
        case .base64: .base64(body)
        case .quotedPrintable: .hexadecimal(body, mark: UInt8(ascii: "="), softLineEnds: true)
        }
    }
}
