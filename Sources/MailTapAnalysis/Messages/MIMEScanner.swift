import MailTapCore

/// Walks a MIME tree (RFC 2045, 2046) octet by octet, without holding more than a line or a header section.
///
/// The leaves are those that a reader of the whole message would find: multiparts and embedded messages
/// (`message/rfc822`, `message/global`) are opened, the line end in front of a boundary belongs to the boundary, what
/// stands before the first and behind the last boundary is nobody's.
struct MIMEScanner {
    private enum Phase { case header, body }

    /// A line end that is the leaf's only if no boundary follows.
    private enum HeldLineEnd { case none, cr, lf, crlf }

    private static let headerLimit = 262_144
    private static let boundaryLineLimit = 2_048
    private static let depthLimit = 64
    private static let partLimit = 10_000

    // What every piece of a message touches stands first and together: thousands of messages take turns.

    private var phase = Phase.header
    private var isAtLineStart = true
    /// Whether an octet above 127 came at all; until then nobody needs to look for one.
    private var sawHighBit = false
    private var held = HeldLineEnd.none
    private var skipsLine = false
    /// The line being read: in a header section any, in a body one that may be a boundary.
    private var line: [UInt8] = []
    private var levels: [MIMELevel] = []
    private var census = LineCensus()
    private var leaf: MIMELeaf?

    private var depth = 0
    private var defaultType = MIMEScanner.plainText
    private var isMessageHeader = true
    /// The fields of the header section being read.
    private var header = HeaderSection()
    /// Octets of the lines in it.
    private var headerLength = 0
    /// Whether a line of this header section came (and so a part exists, though it may be empty).
    private var headerBegan = false
    /// Lines of the message's own header section, the empty one included.
    private var headerLines: UInt64 = 0
    private var content = MessageContent()

    private let digestsParts: Bool, decodesFields: Bool

    private static let plainText = "text/plain"

    init(digestsParts: Bool = true, decodesFields: Bool = true) {
        self.digestsParts = digestsParts
        self.decodesFields = decodesFields
    }

    // MARK: Octets in

    mutating func receive(_ bytes: RawSpan) {
        if census.count(bytes) { sawHighBit = true }
        var index = 0
        while index < bytes.byteCount {
            if phase == .header || !line.isEmpty || isBoundarySuspect(bytes[octet: index]) {
                index = gather(bytes, from: index)
            } else {
                index = pass(bytes, from: index)
            }
        }
    }

    private func isBoundarySuspect(_ octet: UInt8) -> Bool {
        isAtLineStart && octet == UInt8(ascii: "-") && !levels.isEmpty
    }

    /// Adds to the line being read; takes the line once it is whole, or too long to be what it might have been.
    private mutating func gather(_ bytes: RawSpan, from start: Int) -> Int {
        let lineFeed = bytes.firstIndex(of: 10, from: start)
        let end = lineFeed.map { $0 + 1 } ?? bytes.byteCount
        if skipsLine {
            census.measure(bytes, start, end, endsLine: lineFeed != nil)
            skipsLine = lineFeed == nil
            return end
        }
        let limit = phase == .header ? Self.headerLimit : Self.boundaryLineLimit
        // Nearly always a line lies whole in front of us.
        if lineFeed != nil, line.isEmpty, end - start <= limit {
            census.measure(bytes, start, end, endsLine: true)
            takeLine(bytes.extracting(start..<end), isWhole: true)
            return end
        }
        let room = max(0, limit - line.count)
        let taken = min(end, start + room)
        census.measure(bytes, start, taken, endsLine: lineFeed != nil && taken == end)
        bytes.extracting(start..<taken).withUnsafeBytes { line.append(contentsOf: $0) }
        if lineFeed != nil, taken == end {
            takeLine(isWhole: true)
            return end
        }
        guard line.count >= limit else { return taken }
        takeLine(isWhole: false)
        return taken
    }

    /// Passes body octets on to the leaf, up to the next line that may be a boundary.
    private mutating func pass(_ bytes: RawSpan, from start: Int) -> Int {
        var index = start
        isAtLineStart = false
        if let lineFeed = bytes.firstIndex(of: 10, from: start) {
            census.measure(bytes, start, lineFeed + 1, endsLine: true)
            let lines = bytes.wholeLines(
                from: lineFeed + 1, stoppingAt: levels.isEmpty ? nil : UInt8(ascii: "-"))
            census.add(lines)
            index = lines.end
            isAtLineStart = true
        }
        // The rest begins a line that is none to stop at, or the first has no end here.
        if index < bytes.byteCount, !isAtLineStart || !isBoundarySuspect(bytes[octet: index]) {
            census.measure(bytes, index, bytes.byteCount, endsLine: false)
            index = bytes.byteCount
            isAtLineStart = false
        }
        emit(bytes.extracting(start..<index))
        return index
    }

    // MARK: Lines

    /// Takes `line`, as `takeLine(_:isWhole:)` does.
    private mutating func takeLine(isWhole: Bool) {
        var taken: [UInt8] = []
        swap(&taken, &line)
        takeLine(taken.span.bytes, isWhole: isWhole)
        taken.removeAll(keepingCapacity: true)
        if line.isEmpty { swap(&taken, &line) }
    }

    /// Takes a line; where it is not whole, the rest of it follows and is skipped in a header section.
    private mutating func takeLine(_ taken: RawSpan, isWhole: Bool) {
        if isWhole, let (level, isEnd) = levels.boundary(taken) {
            takeBoundary(level, isEnd: isEnd)
            return
        }
        while phase == .header {
            guard let kind = HeaderLine(taken) else {
                content.facts.defects.insert(.headerWithoutEnd)
                let isOwn = isMessageHeader
                endHeader()
                // The line is of the body.
                if isOwn, taken.endsLine { headerLines &-= 1 }
                // The line may be the first boundary of the multipart that this header section declares.
                if phase == .body, isWhole, let (level, isEnd) = levels.boundary(taken) {
                    takeBoundary(level, isEnd: isEnd)
                    return
                }
                continue
            }
            if kind == .empty {
                endHeader()
            } else {
                addHeaderLine(taken, isWhole: isWhole)
            }
            return
        }
        isAtLineStart = isWhole && taken.endsLine
        emit(taken)
    }

    private mutating func addHeaderLine(_ taken: RawSpan, isWhole: Bool) {
        headerBegan = true
        if isMessageHeader, taken.isMboxLine { content.facts.defects.insert(.mboxLine) }
        skipsLine = !isWhole && !taken.endsLine
        if sawHighBit, taken.containsHighBit {
            content.facts.has8BitHeader = true
            if isMessageHeader, isWhole, !UTF8Form.isValid([UInt8](copying: taken)) {
                content.facts.hasOddHeader = true
            }
        }
        guard isWhole, headerLength + taken.byteCount <= Self.headerLimit else {
            content.facts.defects.insert(.headerTooLong)
            return
        }
        headerLength += taken.byteCount
        header.add(taken)
    }

    // MARK: Structure

    private mutating func takeBoundary(_ index: Int, isEnd: Bool) {
        if phase == .header {
            // Boundary lines with nothing between them enclose no part.
            if !headerBegan, !isEnd, index == levels.count - 1, levels[index].state == .parts { return }
            endPart()
        }
        if levels[index].state == .preamble, index == levels.count - 1, !isEnd {
            leaf = nil
            held = .none
        } else {
            closeLeaf(dropLineEnd: true)
        }
        for level in levels[(index + 1)...] where level.state == .parts {
            content.facts.defects.insert(.boundaryNotClosed)
        }
        levels.removeSubrange((index + 1)...)
        depth = levels[index].depth
        isAtLineStart = true
        if isEnd {
            levels[index].state = .epilogue
            phase = .body
        } else {
            levels[index].state = .parts
            beginHeader(defaultType: levels[index].defaultType)
        }
    }

    private mutating func beginHeader(defaultType type: String) {
        phase = .header
        defaultType = type
        header.removeAll()
        headerLength = 0
        headerBegan = false
        isAtLineStart = true
    }

    /// Ends header sections until a body begins: an embedded message may follow with one of its own.
    private mutating func endPart() {
        while phase == .header { endHeader() }
    }

    /// The header section is over: decides what its body is.
    private mutating func endHeader() {
        if isMessageHeader {
            isMessageHeader = false
            headerLines = census.lines
            content.read(header, decoding: decodesFields)
        }
        let encoding = header.first(.contentTransferEncoding).map { MIMEField.value(of: $0) } ?? ""
        let decoder = TransferDecoder(encoding)
        let contentType = header.first(.contentType).map { MIMEField($0) }
        let type = mediaType(contentType)
        let kind = MediaKind(type)
        let is7Bit = check(encoding, decoder, type, kind)
        phase = .body
        isAtLineStart = true
        held = .none
        let isMessage = kind == .message && decoder.isIdentity
        var awaitsBoundary = false
        if kind == .multipart || isMessage, depth >= Self.depthLimit {
            content.facts.defects.insert(.tooDeep)
        } else if isMessage {
            depth += 1
            beginHeader(defaultType: Self.plainText)
            return
        } else if kind == .multipart {
            if let boundary = contentType?[.boundary], !boundary.isEmpty {
                depth += 1
                awaitsBoundary = true
                let inner = type == "multipart/digest" ? "message/rfc822" : Self.plainText
                levels.append(MIMELevel(boundary: boundary, defaultType: inner, depth: depth))
            } else {
                content.facts.defects.insert(.boundaryMissing)
            }
        }
        let disposition = header.first(.contentDisposition).map { MIMEField($0) }
        leaf = MIMELeaf(
            part: MessagePart(
                type: type, charset: contentType?[.charset].map(ASCII.lowercased),
                filename: disposition?[.filename] ?? contentType?[.name]),
            kind, decoder: decoder, is7Bit: is7Bit, isDigested: digestsParts, awaitsBoundary: awaitsBoundary)
        // No other follows: thousands of messages may be under way.
        if levels.isEmpty { header = HeaderSection() }
    }

    /// `type/subtype` in lower case; `text/plain` for what is no media type (RFC 2045 section 5.2).
    private mutating func mediaType(_ field: MIMEField?) -> String {
        guard let field else { return defaultType }
        guard !MediaKind.isMediaType(field.value.utf8) else { return field.value }
        content.facts.defects.insert(.badContentType)
        return Self.plainText
    }

    /// Looks at a transfer encoding (RFC 2045 section 6).
    ///
    /// - Returns: whether the part, as it travels, has no place for octets above 127.
    private mutating func check(
        _ encoding: String, _ decoder: TransferDecoder, _ type: String, _ kind: MediaKind
    ) -> Bool {
        guard !encoding.isEmpty else { return false }
        switch decoder {
        case .identity:
            if encoding == "7bit" { return kind != .multipart }
            if encoding != "8bit", encoding != "binary", !encoding.hasPrefix("x-") {
                content.facts.defects.insert(.unknownEncoding)
            }
            return false
        case .base64, .quotedPrintable:
            // RFC 6532 section 3.7 allows it for message/global.
            if kind == .multipart || type == "message/rfc822" { content.facts.defects.insert(.compositeEncoded) }
            if case .quotedPrintable = decoder { return true }
            return false
        }
    }

    // MARK: Leaves

    /// Gives body octets to the leaf, holding back a line end at their end.
    private mutating func emit(_ bytes: RawSpan) {
        if sawHighBit, !content.facts.has8BitBody, bytes.containsHighBit { content.facts.has8BitBody = true }
        guard leaf != nil else { return }
        var start = 0
        var end = bytes.byteCount
        if held == .cr, end > 0, bytes[octet: 0] == 10 {
            held = .crlf
            start = 1
        }
        guard start < end else { return }
        releaseLineEnd()
        if bytes[octet: end - 1] == 10 {
            end -= 1
            held = .lf
            if end > start, bytes[octet: end - 1] == 13 {
                end -= 1
                held = .crlf
            }
        } else if bytes[octet: end - 1] == 13 {
            end -= 1
            held = .cr
        }
        leaf?.receive(bytes.extracting(start..<end), isASCII: !sawHighBit)
    }

    private mutating func releaseLineEnd() {
        let octets: [UInt8]
        switch held {
        case .none: return
        case .cr: octets = [13]
        case .lf: octets = [10]
        case .crlf: octets = [13, 10]
        }
        held = .none
        octets.withUnsafeBytes { leaf?.receive($0.bytes, isASCII: true) }
    }

    private mutating func closeLeaf(dropLineEnd: Bool) {
        defer {
            leaf = nil
            held = .none
        }
        guard leaf != nil else { return }
        // A multipart in which no boundary stands is a leaf of its own, to its last octet.
        if !dropLineEnd || leaf?.isProvisional == true { releaseLineEnd() }
        guard var closing = leaf.take() else { return }
        if closing.awaitsBoundary { content.facts.defects.insert(.boundaryNotFound) }
        content.facts.defects.formUnion(closing.finish())
        guard content.parts.count < Self.partLimit else {
            content.facts.defects.insert(.tooManyParts)
            return
        }
        content.parts.append(closing.part)
        if let octets = closing.kept, content.facts.report == nil {
            content.facts.report = MessageReport(type: closing.part.type, octets: octets)
            if content.facts.report?.isBroken == true, octets.count < MIMELeaf.keptLimit {
                content.facts.defects.insert(.reportBroken)
            }
        }
    }

    // MARK: End

    /// What the message says; nothing is to be received afterwards.
    mutating func finish() -> MessageContent {
        if !line.isEmpty { takeLine(isWhole: true) }
        if phase == .header { endPart() }
        // In a multipart that was cut off the last line end is taken to belong to the boundary that did not come.
        closeLeaf(dropLineEnd: levels.contains { $0.state == .parts })
        content.facts.longestLine = census.longest
        content.facts.bareLineFeeds = census.bareLineFeeds
        content.facts.nuls = census.nuls
        content.facts.bareCarriageReturns = census.bareCarriageReturns
        content.facts.bodyLines = census.lines &- headerLines
        if levels.contains(where: { $0.state == .parts }) { content.facts.defects.insert(.boundaryNotClosed) }
        // Moved, not copied: it has many parts.
        var whole = MessageContent()
        swap(&whole, &content)
        return whole
    }
}
