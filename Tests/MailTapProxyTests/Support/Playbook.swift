import MailTapCore
import Testing

@testable import MailTapProxy

/// Plays inputs to a relay in virtual time and keeps what it wants done, so that a test reads line by line.
final class Playbook {
    private var relay: Relay
    private var effects: [RelayEffect] = []
    private(set) var time = Timestamp(nanoseconds: 1_000)
    /// What each side was sent so far.
    private(set) var sent: [Side: [UInt8]] = [.client: [], .server: []]
    /// The recorded stream of each side, and all marks.
    private(set) var recorded: [Side: [UInt8]] = [.client: [], .server: []]
    private(set) var marks: [Mark] = []
    private(set) var others: [RelayEffect] = []

    init(_ settings: RelaySettings = RelaySettings(server: MailURL(scheme: .smtp, host: "mail.example.org"))) {
        relay = Relay(settings, at: time)
    }

    /// A relay whose server is connected; the effects of that are forgotten.
    static func connected(stripsTLS: Bool = false, scheme: MailURL.Scheme = .smtp, idle: Int64? = nil) -> Playbook {
        var settings = RelaySettings(server: MailURL(scheme: scheme, host: "mail.example.org"))
        if stripsTLS { settings.tls = .each(client: .none, server: .none) }
        settings.idleTimeout = idle
        let book = Playbook(settings)
        book.given(.connected)
        book.others = []
        return book
    }

    func given(_ input: RelayInput, after interval: Int64 = 1) {
        time = time.advanced(by: interval)
        relay.handle(input, at: time, into: &effects)
        settle([])
    }

    func given(_ side: Side, says text: String, after interval: Int64 = 1) {
        given(side, says: Array(text.utf8), after: interval)
    }

    func given(_ side: Side, says bytes: [UInt8], after interval: Int64 = 1) {
        time = time.advanced(by: interval)
        relay.receive(bytes.span.bytes, from: side, at: time, into: &effects)
        settle(bytes)
    }

    func reads(_ side: Side) -> Bool { relay.reads(side) }

    /// What the side was sent since the last call, as text.
    func hears(_ side: Side) -> String {
        defer { sent[side] = [] }
        return String(decoding: sent[side] ?? [], as: UTF8.self)
    }

    /// Effects other than sending and recording since the last call.
    func does() -> [RelayEffect] {
        defer { others = [] }
        return others
    }

    /// The marks since the last call.
    func notes() -> [Mark] {
        defer { marks = [] }
        return marks
    }

    private func settle(_ received: [UInt8]) {
        for effect in effects {
            switch effect {
            case .forward(let side): sent[side.peer, default: []] += received
            case .send(let side, let bytes): sent[side, default: []] += bytes
            case .recordReceived(let side): recorded[side, default: []] += received
            case .record(let side, let bytes): recorded[side, default: []] += bytes
            case .mark(let mark): marks.append(mark)
            default: others.append(effect)
            }
        }
        effects = []
    }
}
