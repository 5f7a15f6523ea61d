import MailTapCore

@testable import MailTapCapture

/// A TCP connection as a script: each call adds the segment that a real peer would send.
struct Conversation {
    static let client = IPAddress(v4: 0xC000_0207)
    static let server = IPAddress(v4: 0xC000_0219)

    var segments: [(segment: TCPSegment, payload: [UInt8])] = []
    var next: [UInt32]
    var clock: Int64 = 1_000_000_000
    var ports: (UInt16, UInt16) = (50112, 25)
    /// Which sequence numbers each side has received, and so acknowledges.
    var received: [UInt32]

    init(isn: (UInt32, UInt32) = (1000, 9000), handshake: Bool = true) {
        next = [isn.0, isn.1]
        received = [isn.1, isn.0]
        guard handshake else { return }
        add(.client, [], flags: .syn, ack: false)
        add(.server, [], flags: .syn)
        add(.client, [])
    }

    mutating func add(_ side: Side, _ text: [UInt8], flags: TCPFlags = [], ack: Bool = true) {
        let me = Int(side.rawValue)
        clock += 1_000_000
        var flags = flags
        if ack { flags.insert(.ack) }
        let isClient = side == .client
        let segment = TCPSegment(
            time: Timestamp(nanoseconds: clock), source: isClient ? Self.client : Self.server,
            destination: isClient ? Self.server : Self.client, sourcePort: isClient ? ports.0 : ports.1,
            destinationPort: isClient ? ports.1 : ports.0, sequence: next[me], acknowledgement: ack ? received[me] : 0,
            flags: flags, wireLength: text.count)
        segments.append((segment, text))
        next[me] &+= UInt32(text.count) &+ (flags.contains(.syn) || flags.contains(.fin) ? 1 : 0)
        received[1 - me] = next[me]
    }

    mutating func say(_ side: Side, _ text: String) { add(side, [UInt8](text.utf8)) }

    /// Adds a segment that no honest peer would send just now: `offset` numbers from what its side sends next.
    ///
    /// - Parameter ack: what it acknowledges, in numbers from what its side has received; nil for nothing.
    mutating func stray(_ side: Side, at offset: Int, _ text: String, flags: TCPFlags = [], ack: Int? = 0) {
        let (sent, seen) = (next, received)
        let me = Int(side.rawValue)
        next[me] &+= UInt32(truncatingIfNeeded: offset)
        received[me] &+= UInt32(truncatingIfNeeded: ack ?? 0)
        add(side, [UInt8](text.utf8), flags: flags, ack: ack != nil)
        (next, received) = (sent, seen)
    }

    /// Lets time pass.
    mutating func wait(seconds: Int64) { clock += seconds * 1_000_000_000 }

    /// The segments that a side sent.
    func segments(of side: Side) -> [(segment: TCPSegment, payload: [UInt8])] {
        segments.filter { ($0.segment.source == Self.client) == (side == .client) }
    }

    mutating func close() {
        add(.client, [], flags: .fin)
        add(.server, [], flags: .fin)
        add(.client, [])
    }

    /// A short SMTP dialogue, closed.
    static func mail(isn: (UInt32, UInt32) = (1000, 9000)) -> Conversation {
        var talk = Conversation(isn: isn)
        talk.say(.server, "220 mail.example.org ESMTP\r\n")
        talk.say(.client, "EHLO client.example\r\n")
        talk.say(.server, "250-mail.example.org\r\n250 PIPELINING\r\n")
        talk.say(.client, "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n")
        talk.say(.server, "250 Ok\r\n250 Ok\r\n354 Go\r\n")
        for line in 0..<12 { talk.say(.client, "Line number \(line) of the message\r\n") }
        talk.say(.client, ".\r\n")
        talk.say(.server, "250 Queued\r\n")
        talk.say(.client, "QUIT\r\n")
        talk.say(.server, "221 Bye\r\n")
        talk.close()
        return talk
    }

    /// What a side said, gaps aside.
    func stream(_ side: Side) -> [UInt8] {
        segments(of: side).flatMap(\.payload)
    }
}

/// What a reassembler makes of segments.
func reassemble(
    _ segments: [(segment: TCPSegment, payload: [UInt8])], limits: ReassemblyLimits = ReassemblyLimits()
) -> [Trace] {
    let collector = TraceCollector()
    var reassembler = Reassembly(sink: collector, source: "test", limits: limits)
    for (segment, payload) in segments {
        reassembler.packet += 1
        reassembler.segment(segment, payload.span.bytes)
    }
    reassembler.finishAll()
    return collector.traces
}

/// What the reader makes of a savefile.
func readCapture(
    _ bytes: [UInt8], largestRead: Int = .max, annotations: (any PacketAnnotationReading)? = nil
) -> (traces: [Trace], error: CaptureError?) {
    let collector = TraceCollector()
    do throws(CaptureError) {
        try CaptureReader(annotations: annotations).read(
            MemorySource(bytes, largestRead: largestRead), named: "test", into: collector)
        return (collector.traces, nil)
    } catch {
        return (collector.traces, error)
    }
}

extension Trace {
    func stream(_ side: Side) -> [UInt8] {
        entries.flatMap { entry -> [UInt8] in
            if case .chunk(side, let bytes) = entry.entry { bytes } else { [] }
        }
    }

    func text(_ side: Side) -> String { String(decoding: stream(side), as: UTF8.self) }

    var marks: [Mark] {
        entries.compactMap { if case .mark(let mark) = $0.entry { mark } else { nil } }
    }

    var gaps: [Mark] {
        marks.filter { if case .gap = $0 { true } else { false } }
    }

    var troubles: [String] {
        marks.compactMap { if case .trouble(let trouble) = $0 { trouble.code } else { nil } }
    }

    var conflicts: [StreamRange] {
        marks.compactMap { if case .conflict(let range) = $0 { range } else { nil } }
    }

    /// Chunks and gaps of both sides in order, chunks of one side in a row joined: what must not depend on the order
    /// of packets in a file.
    var dialogue: [String] {
        var lines: [(Side, String)] = []
        for (_, entry) in entries {
            guard case .chunk(let side, let bytes) = entry else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            if let last = lines.last, last.0 == side {
                lines[lines.count - 1].1 += text
            } else {
                lines.append((side, text))
            }
        }
        return lines.map { "\($0.0): \($0.1)" }
    }
}
