import MailTapAnalysis
import MailTapCore

/// What was worked out for replies that come again and again: their meanings and offers, as JSON.
///
/// Bounded: where it is full it begins anew.
public struct JSONMemo: Sendable {
    /// What a meaning depends on, where the words of the reply do not matter.
    private struct ReplyKey: Hashable {
        var verb: UInt64
        var enhanced: UInt64
        var status: UInt16
        var isPOP3: Bool
    }

    private static let limit = 1_024

    /// Empty for a reply without a meaning.
    private var meanings: [ReplyKey: [UInt8]] = [:]
    private var keywords: [[UInt8]: [UInt8]] = [:]
    private var tags: [[UInt8]: [UInt8]] = [:]

    /// Nothing known yet.
    public init() {}

    /// Appends `,"meaning":…`, what a reply means by the standard; nothing where that is not known.
    mutating func appendMeaning(of reply: Reply, to verb: String, _ proto: MailProtocol?, to out: inout [UInt8]) {
        guard let key = Self.key(reply, verb, proto) else {
            FactsJSON.meaning(reply, to: verb, proto, to: &out)
            return
        }
        if let known = meanings[key] {
            out.append(contentsOf: known)
            return
        }
        let start = out.count
        FactsJSON.meaning(reply, to: verb, proto, to: &out)
        if meanings.count >= Self.limit { meanings.removeAll(keepingCapacity: true) }
        meanings[key] = Array(out[start...])
    }

    /// Appends what a line of an EHLO answer offers, as a JSON string.
    mutating func appendOffer(ofKeyword line: WireText, to out: inout [UInt8]) {
        Self.append(line, &keywords, to: &out) { Annotator.capabilityNote(ofKeyword: line) }
    }

    /// Appends what a line of a CAPA answer offers, as a JSON string.
    mutating func appendOffer(ofTag line: WireText, to out: inout [UInt8]) {
        Self.append(line, &tags, to: &out) { Annotator.capabilityNote(ofTag: line) }
    }

    private static func append(
        _ line: WireText, _ known: inout [[UInt8]: [UInt8]], to out: inout [UInt8], _ note: () -> String
    ) {
        // A mask stands for octets that the line does not show.
        guard line.secrets.isEmpty, line.octets.count <= 256 else { return out.append(json: note()) }
        if let octets = known[line.octets] {
            out.append(contentsOf: octets)
            return
        }
        let start = out.count
        out.append(json: note())
        if known.count >= limit { known.removeAll(keepingCapacity: true) }
        known[line.octets] = Array(out[start...])
    }

    /// Nil where the meaning depends on more: on POP3's response code in square brackets, or on words too long to pack.
    private static func key(_ reply: Reply, _ verb: String, _ proto: MailProtocol?) -> ReplyKey? {
        guard proto == .smtp || proto == .pop3, let word = packed(verb), let enhanced = packed(reply.enhanced ?? "")
        else { return nil }
        if proto == .pop3, let first = reply.lines.first {
            guard first.octets.first != UInt8(ascii: "["), first.secrets.isEmpty else { return nil }
        }
        return ReplyKey(verb: word, enhanced: enhanced, status: reply.status.rawValue, isPOP3: proto == .pop3)
    }

    /// Up to eight octets as one number; nil for a longer word, and for NULs, which would make two words one.
    private static func packed(_ word: String) -> UInt64? {
        guard word.utf8.count <= 8 else { return nil }
        var number: UInt64 = 0
        for octet in word.utf8 {
            guard octet != 0 else { return nil }
            number = number << 8 | UInt64(octet)
        }
        return number
    }
}
