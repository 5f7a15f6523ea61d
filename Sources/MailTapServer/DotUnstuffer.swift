/// Finds the end of mail data and undoes its dot-stuffing (RFC 5321 section 4.5.2).
///
/// Only CRLF.CRLF ends it.
struct DotUnstuffer: Sendable {
    private enum Place {
        case lineStart, dot, dotCR, text, cr
    }

    /// The reply to DATA was the line before, so content begins at the start of a line.
    private var place = Place.lineStart

    /// Takes octets up to the end mark, appending the message's own to `content` while it has at most `limit` octets.
    ///
    /// - Returns: how many octets were taken, and whether the end mark was the last of them.
    mutating func take(_ octets: ArraySlice<UInt8>, into content: inout [UInt8], limit: Int) -> (
        count: Int, ended: Bool
    ) {
        var index = octets.startIndex
        func keep(_ octet: UInt8, _ content: inout [UInt8]) {
            if content.count <= limit { content.append(octet) }
        }
        while index < octets.endIndex {
            let octet = octets[index]
            switch place {
            case .text:
                let end = octets[index...].firstIndex(of: 0x0D) ?? octets.endIndex
                if content.count <= limit { content += octets[index..<end] }
                index = end
                guard end < octets.endIndex else { continue }
                keep(0x0D, &content)
                index += 1
                place = .cr
            case .lineStart:
                index += 1
                guard octet != 0x2E else {
                    place = .dot
                    continue
                }
                keep(octet, &content)
                place = octet == 0x0D ? .cr : .text
            case .dot:
                index += 1
                guard octet != 0x0D else {
                    place = .dotCR
                    continue
                }
                keep(octet, &content)
                place = .text
            case .dotCR:
                guard octet != 0x0A else { return (index + 1 - octets.startIndex, true) }
                keep(0x0D, &content)
                place = .cr
            case .cr:
                index += 1
                keep(octet, &content)
                place = octet == 0x0A ? .lineStart : octet == 0x0D ? .cr : .text
            }
        }
        return (octets.count, false)
    }
}
