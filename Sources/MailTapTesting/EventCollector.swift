public import MailTapCore

/// Keeps the events of a dialogue, and the content that passed.
public struct EventCollector: DialogueHandler, Equatable {
    /// The events, in order.
    public var events: [Event] = []
    /// The octets of the events that are lines.
    public var lines: [[UInt8]] = []
    /// Content octets of all messages together.
    public var content: [UInt8] = []

    /// A collector that has seen nothing.
    public init() {}

    /// Keeps an event.
    public mutating func handle(_ event: Event, _ bytes: RawSpan) {
        events.append(event)
        lines.append([UInt8](copying: bytes))
    }

    /// Keeps octets of a message.
    public mutating func content(_ bytes: RawSpan, from side: Side) {
        content += [UInt8](copying: bytes)
    }

    /// The events of a trace.
    public static func collect(_ trace: Trace, limits: Limits = Limits()) -> EventCollector {
        var collector = EventCollector()
        var dialogue = Dialogue(trace.info, limits: limits)
        for (time, entry) in trace.entries {
            switch entry {
            case .chunk(let side, let octets): dialogue.receive(octets.span.bytes, from: side, at: time, &collector)
            case .mark(let mark): dialogue.mark(mark, at: time, &collector)
            }
        }
        dialogue.end(at: trace.ended, &collector)
        return collector
    }

    /// The same without times, which chunking may change.
    public var withoutTimes: EventCollector {
        var copy = self
        for index in copy.events.indices { copy.events[index].time = Timestamp(nanoseconds: 0) }
        return copy
    }
}
