import MailTapCore

/// Reads a pcapng file block by block: any number of sections, each with its own byte order and interfaces.
///
/// libpcap refuses sections of different byte order and interfaces of different link type, and hands over neither
/// comments nor secrets; this reader does.
struct PcapNGReader: ~Copyable {
    /// Octets of one block at most that a reader must hold at once; larger ones of unknown type are passed over.
    static let largestBlock = 17 << 20
    /// Interfaces of one section at most.
    static let mostInterfaces = 65_536

    private var input: InputBuffer
    private let name: String
    private var order = FileByteOrder(isSwapped: false)
    private var interfaces: [PcapNGInterface] = []
    private var sawSection = false
    private var flaws = PcapNGFlaws()
    private let wantsComments: Bool

    init(_ input: consuming InputBuffer, named name: String, wantsComments: Bool) {
        self.input = input
        self.name = name
        self.wantsComments = wantsComments
    }

    /// Hands every packet to `handler`.
    ///
    /// Throws after what could be read was handed over.
    mutating func read(into handler: inout some PacketHandler & ~Copyable) throws(CaptureError) {
        var end: CaptureError?
        do throws(CaptureError) { try readBlocks(into: &handler) } catch { end = error }
        if let error = flaws.error(in: name, endedBy: end) { throw error }
    }

    private mutating func readBlocks(into handler: inout some PacketHandler & ~Copyable) throws(CaptureError) {
        var nextReport: UInt64 = 1 << 20
        while try input.fill(8, idling: &handler) {
            try readBlock(into: &handler)
            if input.offset >= nextReport {
                handler.progress(input.offset)
                nextReport = input.offset &+ 1 << 20
            }
        }
        handler.progress(input.offset)
        if input.count > 0 { throw truncated() }
    }

    @inline(__always)
    private mutating func readBlock(into handler: inout some PacketHandler & ~Copyable) throws(CaptureError) {
        if input.bytes.bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self) == PcapNGBlock.sectionHeader {
            try beginSection()
        }
        guard sawSection else {
            throw CaptureError(code: .notACapture, input: name, offset: input.offset, reason: "not a pcapng file")
        }
        let (type, length) = (order.u32(input.bytes.bytes, 0), Int(order.u32(input.bytes.bytes, 4)))
        guard length >= 12, length & 3 == 0 else { throw damaged("a block claims a length of \(length) octets") }
        guard length <= Self.largestBlock else {
            try passOver(type, length)
            return
        }
        guard try input.fill(length, idling: &handler) else { throw truncated() }
        let block = UnsafeRawBufferPointer(rebasing: input.bytes[..<length]).bytes
        guard order.u32(block, length - 4) == UInt32(length) else {
            throw damaged("the two lengths of a block differ")
        }
        read(type, block, into: &handler)
        input.consume(length)
    }

    /// A section header: from here on its byte order holds, and interfaces count from 0 again.
    private mutating func beginSection() throws(CaptureError) {
        guard try input.fill(12) else { throw truncated() }
        let magic = input.bytes.bytes.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt32.self)
        guard magic == PcapNGBlock.byteOrderMagic || magic.byteSwapped == PcapNGBlock.byteOrderMagic else {
            throw damaged("a section header without its byte-order magic")
        }
        order = FileByteOrder(isSwapped: magic != PcapNGBlock.byteOrderMagic)
        interfaces.removeAll(keepingCapacity: true)
        sawSection = true
    }

    @inline(__always)
    private mutating func read(_ type: UInt32, _ block: RawSpan, into handler: inout some PacketHandler & ~Copyable) {
        let body = 8..<block.byteCount - 4
        switch type {
        case PcapNGBlock.enhancedPacket: enhancedPacket(block, body, into: &handler)
        case PcapNGBlock.simplePacket: simplePacket(block, body, into: &handler)
        case PcapNGBlock.packet: obsoletePacket(block, body, into: &handler)
        case PcapNGBlock.interfaceDescription:
            // A bad description still takes its number, so that the next interface keeps its own.
            guard interfaces.count < Self.mostInterfaces else { return }
            let interface = PcapNGInterface(block, body, order)
            if interface == nil { flaws.note("an interface's description is too short", at: input.offset) }
            interfaces.append(interface ?? PcapNGInterface.unreadable)
        case PcapNGBlock.nameResolution:
            PcapNGNames.each(block, body, order) { handler.name($1, of: $0) }
        case PcapNGBlock.interfaceStatistics: statistics(block, body, into: &handler)
        case PcapNGBlock.decryptionSecrets: secrets(block, body, into: &handler)
        default: break
        }
    }

    @inline(__always)
    private mutating func enhancedPacket(
        _ block: RawSpan, _ body: Range<Int>, into handler: inout some PacketHandler & ~Copyable
    ) {
        guard body.count >= 20 else {
            flaws.note("a packet's block is too short", at: input.offset)
            return
        }
        let at = body.lowerBound
        let units = UInt64(order.u32(block, at + 4)) << 32 | UInt64(order.u32(block, at + 8))
        let captured = Int(order.u32(block, at + 12))
        let original = Int(order.u32(block, at + 16))
        emit(
            block, interface: Int(order.u32(block, at)), units: units, data: at + 20, captured: captured,
            original: original, end: body.upperBound, into: &handler)
    }

    private mutating func obsoletePacket(
        _ block: RawSpan, _ body: Range<Int>, into handler: inout some PacketHandler & ~Copyable
    ) {
        guard body.count >= 20 else {
            flaws.note("a packet's block is too short", at: input.offset)
            return
        }
        let at = body.lowerBound
        let units = UInt64(order.u32(block, at + 4)) << 32 | UInt64(order.u32(block, at + 8))
        emit(
            block, interface: Int(order.u16(block, at)), units: units, data: at + 20,
            captured: Int(order.u32(block, at + 12)), original: Int(order.u32(block, at + 16)), end: body.upperBound,
            into: &handler)
    }

    /// A packet without a time, of the section's first interface.
    private mutating func simplePacket(
        _ block: RawSpan, _ body: Range<Int>, into handler: inout some PacketHandler & ~Copyable
    ) {
        guard let interface = interfaces.first, body.count >= 4 else {
            flaws.note(
                interfaces.isEmpty ? "a packet of an interface that is not described" : "a packet's block is too short",
                at: input.offset)
            return
        }
        let original = Int(order.u32(block, body.lowerBound))
        var captured = min(original, body.count - 4)
        if interface.snapshotLength > 0 { captured = min(captured, Int(interface.snapshotLength)) }
        let record = PacketRecord(
            time: Timestamp(nanoseconds: 0), link: interface.link, linkNumber: interface.linkNumber,
            wireLength: original)
        let start = body.lowerBound + 4
        handler.packet(record, block.extracting(start..<start + captured))
    }

    @inline(__always)
    private mutating func emit(
        _ block: RawSpan, interface number: Int, units: UInt64, data: Int, captured: Int, original: Int, end: Int,
        into handler: inout some PacketHandler & ~Copyable
    ) {
        guard number < interfaces.count, captured <= end - data else {
            noteFlaw(interface: number, captured: captured)
            return
        }
        let interface = interfaces[number]
        var record = PacketRecord(
            time: interface.resolution.timestamp(units), link: interface.link, linkNumber: interface.linkNumber,
            wireLength: max(original, captured))
        let options = data + (captured + 3) & ~3
        if wantsComments, options < end { record.comments = comments(block, options..<end) }
        handler.packet(record, block.extracting(data..<data + captured))
    }

    /// Notes why a packet can't be read.
    private mutating func noteFlaw(interface number: Int, captured: Int) {
        flaws.note(
            number < interfaces.count
                ? "a packet claims \(captured) octets, more than its block holds"
                : "a packet of interface \(number), of \(interfaces.count) that the section describes",
            at: input.offset)
    }

    private func comments(_ block: RawSpan, _ range: Range<Int>) -> [String] {
        var found: [String] = []
        PcapNGOptions.each(block, range, order) { code, value in
            guard code == 1 else { return }
            let text = block.extracting(value).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            if text.hasPrefix(PacketComment.prefix) { found.append(text) }
        }
        return found
    }

    private func statistics(_ block: RawSpan, _ body: Range<Int>, into handler: inout some PacketHandler & ~Copyable) {
        guard body.count >= 12 else { return }
        var drops: UInt64 = 0
        PcapNGOptions.each(block, body.lowerBound + 12..<body.upperBound, order) { code, value in
            // isb_ifdrop and isb_osdrop
            if code == 5 || code == 7, value.count >= 8 { drops &+= order.u64(block, value.lowerBound) }
        }
        if drops > 0 { handler.dropped(drops) }
    }

    private func secrets(_ block: RawSpan, _ body: Range<Int>, into handler: inout some PacketHandler & ~Copyable) {
        guard body.count >= 8, order.u32(block, body.lowerBound) == PcapNGBlock.tlsKeyLog else { return }
        let length = min(Int(order.u32(block, body.lowerBound + 4)), body.count - 8)
        let start = body.lowerBound + 8
        handler.secrets(block.extracting(start..<start + length))
    }

    /// A block too large to hold: whatever MailTap does not need may be, a packet may not.
    private mutating func passOver(_ type: UInt32, _ length: Int) throws(CaptureError) {
        switch type {
        case PcapNGBlock.enhancedPacket, PcapNGBlock.simplePacket, PcapNGBlock.packet, PcapNGBlock.sectionHeader,
            PcapNGBlock.interfaceDescription:
            throw damaged("a block claims a length of \(length) octets")
        default:
            guard try input.skip(UInt64(length)) else { throw truncated() }
        }
    }

    private func damaged(_ reason: String) -> CaptureError {
        CaptureError(
            code: .damaged, input: name, offset: input.offset, reason: "\(reason); what follows cannot be read")
    }

    private func truncated() -> CaptureError {
        CaptureError(
            code: .truncated, input: name, offset: input.offset &+ UInt64(input.count),
            reason: "the capture is cut off in a block")
    }
}
