import MailTapCore

/// What finds the credentials in a session's octets: the dialogue's decoder.
protocol SecretFinding {
    /// Offset in `side`'s stream up to which every secret was reported.
    func reported(_ side: Side) -> UInt64
    mutating func receive(
        _ bytes: RawSpan, from side: Side, at time: Timestamp, _ handler: inout some DialogueHandler)
    mutating func mark(_ mark: Mark, at time: Timestamp, _ handler: inout some DialogueHandler)
    mutating func end(at time: Timestamp, _ handler: inout some DialogueHandler)
}

extension Dialogue: SecretFinding {}

/// A credential that was found, and what is written in its place.
struct FoundSecret {
    var mask: Mask
    /// As long as the mask's range, or empty: then every octet is replaced.
    var replacement: [UInt8]
}

/// Keeps the secrets among a dialogue's events.
struct SecretCatcher: DialogueHandler {
    var found: [FoundSecret] = []

    mutating func handle(_ event: Event, _ bytes: RawSpan) {
        guard case .secret(let kind) = event.kind, !event.range.isEmpty else { return }
        var replacement: [UInt8] = []
        if UInt64(bytes.byteCount) == event.range.length {
            replacement = SecretMasking.masked([UInt8](copying: bytes), kind: kind)
        }
        found.append(FoundSecret(mask: Mask(range: event.range, kind: kind), replacement: replacement))
    }

    mutating func content(_ bytes: RawSpan, from side: Side) {}
}
