public import MailTapCore

/// A line as it came, without its line end, and where credentials stand in it.
///
/// Views go through `text(revealing:)`, so that a secret can't reach a screen by accident. A value of two words: the
/// octets lie in a block that the lines of a session share. `withBytes` and `count` cost nothing; `octets` is a copy.
public struct WireText: @unchecked Sendable {
    // Sendable: what a line refers to in a block is written before the line is made, and never again.

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

    /// Nil for an empty line of which nothing is special.
    @usableFromInline var block: LineBlock?
    @usableFromInline var start: UInt32
    @usableFromInline var length: UInt32

    /// An empty line.
    init() {
        block = nil
        start = 0
        length = 0
    }

    /// The octets of `block` from `start` on, which are there.
    init(block: LineBlock, start: Int, count: Int) {
        self.block = block
        self.start = UInt32(clamping: start)
        length = UInt32(clamping: count)
    }

    /// A line.
    ///
    /// - Parameters:
    ///   - octets: the line's octets, without line end; at most 4 GiB count.
    ///   - secrets: credentials in it, in order, not overlapping.
    ///   - isMasked: whether they were already replaced before the line reached us.
    public init(_ octets: [UInt8], secrets: [Secret] = [], isMasked: Bool = false) {
        self.init(octets.span.bytes, LineMarks(secrets: secrets, isMasked: isMasked))
    }

    /// A line of which this is special.
    init(_ bytes: RawSpan, _ marks: LineMarks) {
        self.init()
        let count = Int(UInt32(clamping: bytes.byteCount))
        guard count > 0 || !marks.isEmpty else { return }
        let own = LineStore.block(count, marks: marks.isEmpty ? nil : marks)
        own.withUnsafeMutablePointers { header, octets in
            bytes.extracting(0..<count).withUnsafeBytes {
                UnsafeMutableRawBufferPointer(start: octets, count: count).copyMemory(from: $0)
            }
            header.pointee.used = count
        }
        self.init(block: own, start: 0, count: count)
    }

    /// How many octets it has.
    @inlinable public var count: Int { Int(length) }

    /// Whether it has no octets.
    @inlinable public var isEmpty: Bool { length == 0 }

    /// Calls `body` with the octets, where they lie.
    ///
    /// Inlinable, since other modules read every line this way: without it each call pays for a generic closure.
    @inlinable public func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let block else { return try body(RawSpan()) }
        return try block.withUnsafeMutablePointerToElements { octets throws(Failure) in
            // A line lies inside its block, which is held as long as the line is.
            try body(UnsafeRawBufferPointer(start: octets + Int(start), count: Int(length)).bytes)
        }
    }

    /// Whether there are secrets, patterns or masks; the cheap way to know that there are none.
    @inlinable public var hasMarks: Bool {
        guard let block else { return false }
        return block.withUnsafeMutablePointerToHeader { $0.pointee.hasMarks }
    }

    private var marks: LineMarks? { hasMarks ? block?.header.marks : nil }

    private mutating func mark(_ change: (inout LineMarks) -> Void) {
        var changed = marks ?? LineMarks()
        change(&changed)
        self = withBytes { WireText($0, changed) }
    }

    /// The line's octets, without line end.
    ///
    /// Private to views: they may hold credentials. A copy each time: see `withBytes`.
    public var octets: [UInt8] {
        get { withBytes { [UInt8](copying: $0) } }
        set { self = WireText(newValue.span.bytes, marks ?? LineMarks()) }
    }

    /// Credentials in it, in order, not overlapping.
    public var secrets: [Secret] {
        get { marks?.secrets ?? [] }
        set { mark { $0.secrets = newValue } }
    }

    /// Whether credentials stand in it; the cheap way to ask.
    public var hasSecrets: Bool { hasMarks && !secrets.isEmpty }

    /// Whether `secrets` were already replaced before the line reached us (read from a recording).
    public var isMasked: Bool {
        get { marks?.isMasked ?? false }
        set { mark { $0.isMasked = newValue } }
    }

    /// Where a dialogue file lets the line vary, in order; offsets into `octets`, braces included.
    public var patterns: [Pattern] {
        get { marks?.patterns ?? [] }
        set { mark { $0.patterns = newValue } }
    }

    /// The line as text, credentials as `[redacted N octets]` unless they are there and are to be revealed.
    ///
    /// UTF-8 where the octets are valid UTF-8, else each octet the character of that number.
    public func text(revealing reveal: Bool = false) -> (text: String, isLatin1: Bool) {
        guard let marks, !marks.secrets.isEmpty, !(reveal && !marks.isMasked) else {
            return withBytes { $0.withUnsafeBytes(Self.decode) }
        }
        var shown = octets
        for secret in marks.secrets.reversed() where secret.range.upperBound <= shown.count {
            shown.replaceSubrange(secret.range, with: "[redacted \(secret.range.count) octets]".utf8)
        }
        return Self.decode(shown)
    }

    /// The octets with every credential replaced as a recording replaces it, user names kept.
    var maskedOctets: [UInt8] {
        let octets = octets
        guard !isMasked else { return octets }
        var masked = octets
        for secret in secrets where secret.range.upperBound <= octets.count {
            masked.replaceSubrange(
                secret.range, with: SecretMasking.masked(Array(octets[secret.range]), kind: secret.kind))
        }
        return masked
    }

    /// UTF-8 where valid, else Latin-1.
    public static func decode(_ octets: [UInt8]) -> (text: String, isLatin1: Bool) {
        octets.withUnsafeBytes(decode)
    }

    private static func decode(_ octets: UnsafeRawBufferPointer) -> (text: String, isLatin1: Bool) {
        // Nearly always ASCII; validating what is none costs several times as much.
        if !octets.bytes.containsHighBit { return (String(decoding: octets, as: UTF8.self), false) }
        if let text = String(validating: octets, as: UTF8.self) { return (text, false) }
        return (String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) })), true)
    }
}

extension WireText: Equatable {
    /// Whether octets, credentials and patterns are the same.
    public static func == (left: WireText, right: WireText) -> Bool {
        guard left.length == right.length, left.marks == right.marks else { return false }
        if left.block === right.block, left.start == right.start { return true }
        return left.withBytes { octets in right.withBytes { octets.isSame(as: $0) } }
    }
}

extension RawSpan {
    /// Whether the other span holds the same octets.
    func isSame(as other: RawSpan) -> Bool {
        withUnsafeBytes { left in other.withUnsafeBytes { left.elementsEqual($0) } }
    }
}
