import MailTapCore

/// The way of a packet: decoder, reassembly, sink.
struct CapturePipeline: PacketHandler, ~Copyable {
    private var decoder: PacketDecoder
    private var reassembly: Reassembly
    private let position: PacketPosition?
    private let secretsSink: ((_ keyLog: [UInt8]) -> Void)?
    private let report: ((UInt64) -> Void)?
    private let waiting: (() -> Void)?
    /// Octets that were read when it was last reported.
    private var offset: UInt64 = 0
    /// What was counted so far.
    private(set) var summary = CaptureReader.Summary()

    init(reader: CaptureReader, source: String, sink: any TraceSink, report: ((UInt64) -> Void)?) {
        decoder = PacketDecoder(limits: reader.limits)
        reassembly = Reassembly(
            sink: sink, source: source, limits: reader.limits, annotations: reader.annotations, share: reader.share,
            position: reader.position)
        position = reader.position
        secretsSink = reader.secrets
        waiting = reader.waiting
        self.report = report
    }

    mutating func packet(_ record: PacketRecord, _ bytes: RawSpan) {
        summary.packets &+= 1
        reassembly.packet = summary.packets
        if record.link == nil { summary.unreadable[record.linkNumber, default: 0] &+= 1 }
        let isCommented = record.comments != nil
        if isCommented { reassembly.comments = record.comments ?? [] }
        decoder.decode(record, bytes, into: &reassembly)
        if isCommented { reassembly.comments = [] }
    }

    mutating func secrets(_ keyLog: RawSpan) { secretsSink?([UInt8](copying: keyLog)) }

    mutating func name(_ name: String, of address: IPAddress) { reassembly.names.learn(name, of: address) }

    mutating func dropped(_ count: UInt64) { summary.dropped &+= count }

    mutating func idle(milliseconds: Int64) {
        reassembly.advance(to: reassembly.now.advanced(by: milliseconds * 1_000_000))
        waiting?()
    }

    mutating func progress(_ offset: UInt64) {
        position?.moment = CaptureMoment(packet: summary.packets &+ 1)
        self.offset = offset
        report?(offset)
    }

    /// Time passes without a packet (live captures only).
    mutating func advance(to time: Timestamp) { reassembly.advance(to: time) }

    /// Ends every session that is still open.
    mutating func finish() {
        reassembly.finishAll { [report, offset] in report?(offset) }
    }
}
