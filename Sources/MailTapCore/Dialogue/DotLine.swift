/// A line with a dot alone, and the line ends before and behind it.
///
/// Only CRLF on both sides ends content (RFC 5321 section 4.1.1.4); each other form is taken for the end by some
/// receiver, which is what SMTP smuggling rests on.
public struct DotLine: Sendable, Hashable {
    /// What stands before or behind the dot.
    public enum End: UInt8, Sendable, Hashable {
        /// The line end of mail.
        case crlf
        /// Half of one.
        case lf, cr
        /// NUL and a line end: in front of the dot it stands behind the line end, else in front of it.
        case nul
        /// Behind the dot: a CR in front of the line end.
        case crcrlf
    }

    /// What stands before the dot.
    public var before: End
    /// What stands behind it.
    public var after: End

    /// A dot between these.
    public init(before: End, after: End) {
        self.before = before
        self.after = after
    }

    /// A bit of its own for each form.
    var bit: UInt32 { 1 << (UInt32(before.rawValue) * 5 + UInt32(after.rawValue)) }
}

extension DotLine: CustomStringConvertible {
    /// Such as `<LF>.<CRLF>`, as those who found the attacks write it.
    public var description: String {
        "\(Self.name(before)).\(after == .nul ? "<NUL><CRLF>" : Self.name(after))"
    }

    private static func name(_ end: End) -> String {
        switch end {
        case .crlf: "<CRLF>"
        case .lf: "<LF>"
        case .cr: "<CR>"
        case .nul: "<CRLF><NUL>"
        case .crcrlf: "<CR><CRLF>"
        }
    }
}

/// Something odd inside content that ends nothing.
struct ContentOddity: Sendable {
    var anomaly: Anomaly
    /// Offset of the dot in the scanned octets, and how many octets are meant.
    var offset: Int, length: Int
}
