public import MailTapCore

/// A line as it came, without its line end, and where credentials stand in it.
///
/// Views go through `text(revealing:)`, so that a secret can't reach a screen by accident.
public struct WireText: Sendable, Equatable {
    /// A credential inside the line.
    public struct Secret: Sendable, Hashable {
        /// Offsets into `octets`.
        public var range: Range<Int>
        /// What it is.
        public var kind: SecretKind

        /// A credential at `range`.
        public init(range: Range<Int>, kind: SecretKind) {
            self.range = range
            self.kind = kind
        }
    }

    /// The line's octets, without line end.
    ///
    /// Private to views: they may hold credentials.
    public var octets: [UInt8]
    /// Credentials in it, in order, not overlapping.
    public var secrets: [Secret]
    /// Whether `secrets` were already replaced before the line reached us (read from a recording).
    public var isMasked: Bool

    /// Where a dialogue file lets the line vary, in order; offsets into `octets`, braces included.
    public var patterns: [Pattern] = []

    /// A place where a dialogue file lets a line vary.
    public struct Pattern: Sendable, Hashable {
        /// Offsets into `octets`.
        public var range: Range<Int>
        /// What may stand there.
        public var pattern: ReplyPattern

        /// A place at `range`.
        public init(range: Range<Int>, pattern: ReplyPattern) {
            self.range = range
            self.pattern = pattern
        }
    }

    /// A line.
    public init(_ octets: [UInt8], secrets: [Secret] = [], isMasked: Bool = false) {
        self.octets = octets
        self.secrets = secrets
        self.isMasked = isMasked
    }

    /// The line as text, credentials as `[redacted N octets]` unless they are there and are to be revealed.
    ///
    /// UTF-8 where the octets are valid UTF-8, else each octet the character of that number.
    public func text(revealing reveal: Bool = false) -> (text: String, isLatin1: Bool) {
        var shown = octets
        if !(reveal && !isMasked) {
            for secret in secrets.reversed() where secret.range.upperBound <= shown.count {
                shown.replaceSubrange(secret.range, with: "[redacted \(secret.range.count) octets]".utf8)
            }
        }
        return Self.decode(shown)
    }

    /// The octets with every credential replaced as a recording replaces it, user names kept.
    var maskedOctets: [UInt8] {
        guard !isMasked, !secrets.isEmpty else { return octets }
        var masked = octets
        for secret in secrets where secret.range.upperBound <= octets.count {
            masked.replaceSubrange(
                secret.range, with: SecretMasking.masked(Array(octets[secret.range]), kind: secret.kind))
        }
        return masked
    }

    /// UTF-8 where valid, else Latin-1.
    public static func decode(_ octets: [UInt8]) -> (text: String, isLatin1: Bool) {
        // Nearly always ASCII; validating what is none costs several times as much.
        if !octets.span.bytes.containsHighBit { return (String(decoding: octets, as: UTF8.self), false) }
        if let text = String(validating: octets, as: UTF8.self) { return (text, false) }
        return (String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) })), true)
    }
}
