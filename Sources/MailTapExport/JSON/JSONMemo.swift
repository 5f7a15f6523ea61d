import MailTapAnalysis
import MailTapCore

/// What was worked out for replies that come again and again: their meanings and offers, as JSON.
public struct JSONMemo: Sendable {
    /// What a meaning depends on, where the words of the reply do not matter.
    private struct ReplyKey {
        var verb: UInt64
        /// The enhanced code; above it the status and whether it is one of POP3.
        var reply: UInt64
    }

    /// Empty for a reply without a meaning.
    private var meanings = OctetMemo()
    private var keywords = OctetMemo()
    private var tags = OctetMemo()
    private var addresses = OctetMemo()
    /// Of the last session's start.
    var second = SecondText()

    /// Nothing known yet.
    public init() {}

    /// Appends `,"meaning":…`, what a reply means by the standard; nothing where that is not known.
    ///
    /// - Parameter whole: the reply itself, where what it means has to be worked out.
    mutating func appendMeaning(
        of reply: ReplyFields, to verb: Verb, _ proto: MailProtocol?, to out: inout OctetBuffer, whole: () -> Reply?
    ) {
        func workOut(_ out: inout OctetBuffer) {
            if let reply = whole() { FactsJSON.meaning(reply, to: verb, proto, to: &out) }
        }
        guard let key = Self.key(reply, verb, proto) else { return workOut(&out) }
        withUnsafeBytes(of: key) { Self.append($0, &meanings, to: &out, workOut) }
    }

    /// Appends an address as its description has it.
    mutating func append(_ address: IPAddress, to out: inout OctetBuffer) {
        guard !address.isIPv4 else { return out.append(address: address) }
        withUnsafeBytes(of: (address.high, address.low)) { key in
            Self.append(key, &addresses, to: &out) { $0.append(address: address) }
        }
    }

    /// Appends what a line of an EHLO answer offers, as a JSON string.
    mutating func appendOffer(ofKeyword line: WireText, to out: inout OctetBuffer) {
        Self.append(line, &keywords, to: &out) { Annotator.capabilityNote(ofKeyword: line) }
    }

    /// Appends what a line of a CAPA answer offers, as a JSON string.
    mutating func appendOffer(ofTag line: WireText, to out: inout OctetBuffer) {
        Self.append(line, &tags, to: &out) { Annotator.capabilityNote(ofTag: line) }
    }

    private static func append(
        _ line: WireText, _ known: inout OctetMemo, to out: inout OctetBuffer, _ note: () -> String
    ) {
        // A mask stands for octets that the line does not show.
        guard !line.hasSecrets else { return out.append(json: note()) }
        line.withBytes { line in
            line.withUnsafeBytes { key in append(key, &known, to: &out) { $0.append(json: note()) } }
        }
    }

    private static func append(
        _ key: UnsafeRawBufferPointer, _ known: inout OctetMemo, to out: inout OctetBuffer,
        _ write: (inout OctetBuffer) -> Void
    ) {
        if known.append(valueOf: key, to: &out) { return }
        let start = out.count
        write(&out)
        known.keep(UnsafeRawBufferPointer(rebasing: out.octets[start...]), for: key)
    }

    /// Nil where the meaning depends on more: on POP3's response code in square brackets, or on a verb that is no number.
    private static func key(_ reply: ReplyFields, _ verb: Verb, _ proto: MailProtocol?) -> ReplyKey? {
        guard proto == .smtp || proto == .pop3, verb != .long else { return nil }
        if proto == .pop3, let first = reply.lines.first {
            guard !first.withBytes({ $0.byteCount > 0 && $0[octet: 0] == UInt8(ascii: "[") }), !first.hasSecrets
            else { return nil }
        }
        let enhanced = UInt64(reply.enhancedCode?.packed ?? 0)
        let status = UInt64(reply.status.rawValue) << 32 | (proto == .pop3 ? 1 << 48 : 0)
        return ReplyKey(verb: verb.code, reply: enhanced | status)
    }
}
