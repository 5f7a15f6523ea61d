import MailTapCore

struct StripFilter: Sendable {
    init(expecting: MailProtocol?) {}
    var waitsForReply: Bool { false }
    mutating func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp, into effects: inout [RelayEffect]) {
        effects.append(.recordReceived(side))
        effects.append(.forward(from: side))
    }
    mutating func release(_ side: Side, at time: Timestamp, into effects: inout [RelayEffect]) {}
    mutating func note(_ mark: Mark, at time: Timestamp) {}
}
