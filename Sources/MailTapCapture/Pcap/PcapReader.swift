import MailTapCore

/// Reads a pcap savefile record by record.
struct PcapReader: ~Copyable {
    /// Octets of one packet at most; more than any capture program writes, so a larger claim is damage.
    static let largestPacket = 16 << 20

    private var input: InputBuffer
    private let name: String

    init(_ input: consuming InputBuffer, named name: String) {
        self.input = input
        self.name = name
    }

    /// Hands every packet to `handler`.
    ///
    /// Throws after what could be read was handed over.
    mutating func read(into handler: inout some PacketHandler & ~Copyable) throws(CaptureError) {
        guard try input.fill(PcapHeader.length, idling: &handler) else { throw truncated("in the file header") }
        // The span lives within this statement, before the buffer changes.
        guard let header = PcapHeader(input.bytes.bytes) else {
            throw CaptureError(code: .notACapture, input: name, offset: 0, reason: "not a pcap savefile")
        }
        input.consume(PcapHeader.length)
        var nextReport: UInt64 = 1 << 20
        while try input.fill(header.recordHeaderLength, idling: &handler) {
            input.consume(handOverWholeRecords(header, into: &handler))
            if input.count >= header.recordHeaderLength { try readRecord(header, into: &handler) }
            if input.offset >= nextReport {
                handler.progress(input.offset)
                nextReport = input.offset &+ 1 << 20
            }
        }
        handler.progress(input.offset)
        if input.count > 0 { throw truncated("in the header of a packet") }
    }

    /// The path of nearly all packets: those that are at hand as a whole.
    ///
    /// - Returns: the octets that they take; a record that is incomplete or damaged stands behind them.
    @inline(__always)
    private func handOverWholeRecords(
        _ header: PcapHeader, into handler: inout some PacketHandler & ~Copyable
    ) -> Int {
        let bytes = input.bytes
        let length = header.recordHeaderLength
        var at = 0
        while bytes.count - at >= length {
            let (time, captured, original) = recordHeader(header, bytes.bytes, at)
            guard captured <= Self.largestPacket, bytes.count - at - length >= captured else { break }
            let record = PacketRecord(
                time: time, link: header.link, linkNumber: header.linkNumber, wireLength: original)
            let end = at + length + captured
            handler.packet(record, UnsafeRawBufferPointer(rebasing: bytes[at + length..<end]).bytes)
            at = end
        }
        return at
    }

    private mutating func readRecord(
        _ header: PcapHeader, into handler: inout some PacketHandler & ~Copyable
    ) throws(CaptureError) {
        let (time, captured, original) = recordHeader(header, input.bytes.bytes, 0)
        guard captured <= Self.largestPacket else {
            throw CaptureError(
                code: .damaged, input: name, offset: input.offset,
                reason: "a packet claims \(captured) octets; what follows cannot be read")
        }
        // A torn last record is not handed over: what it lacks may still be on its way.
        guard try input.fill(header.recordHeaderLength + captured, idling: &handler) else {
            throw truncated("in a packet")
        }
        let record = PacketRecord(
            time: time, link: header.link, linkNumber: header.linkNumber, wireLength: original)
        let bytes = input.bytes[header.recordHeaderLength..<header.recordHeaderLength + captured]
        handler.packet(record, UnsafeRawBufferPointer(rebasing: bytes).bytes)
        input.consume(header.recordHeaderLength + captured)
    }

    @inline(__always)
    private func recordHeader(
        _ header: PcapHeader, _ span: RawSpan, _ at: Int
    ) -> (time: Timestamp, captured: Int, original: Int) {
        let order = header.order
        let seconds = Int64(order.u32(span, at))
        let fraction = Int64(order.u32(span, at + 4))
        var captured = Int(order.u32(span, at + 8))
        var original = Int(order.u32(span, at + 12))
        if header.mayHaveSwappedLengths, captured > original { swap(&captured, &original) }
        // Both factors are below 2^32, so the sum stays below 2^63.
        let time = Timestamp(nanoseconds: seconds * 1_000_000_000 + fraction * header.nanosecondsPerUnit)
        return (time, captured, max(captured, original))
    }

    private func truncated(_ place: String) -> CaptureError {
        CaptureError(
            code: .truncated, input: name, offset: input.offset &+ UInt64(input.count),
            reason: "the capture is cut off \(place)")
    }
}
