import CPcap
import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open interface; the only holder of libpcap's handle, which it closes.
struct PcapHandle: ~Copyable {
    /// Packets that the kernel saw and dropped, as far as it tells.
    struct Counts {
        var received: UInt64
        var dropped: UInt64
    }

    private let handle: OpaquePointer
    private let interface: String
    /// What packets begin with; nil for a link-layer type that MailTap does not read.
    let link: LinkType?
    /// The number of that type in savefiles.
    let linkNumber: UInt16
    /// Whether times come in nanoseconds.
    private let isNanosecond: Bool
    /// Becomes readable when packets wait; -1 where the system has no such descriptor.
    let descriptor: Int32

    deinit { pcap_close(handle) }

    private init(_ handle: OpaquePointer, _ interface: String, isNanosecond: Bool) {
        self.handle = handle
        self.interface = interface
        self.isNanosecond = isNanosecond
        let number = UInt16(truncatingIfNeeded: Self.savefileType(pcap_datalink(handle)))
        linkNumber = number
        link = LinkType(rawValue: number)
        descriptor = pcap_get_selectable_fd(handle)
    }

    /// Opens an interface, sets the filter, and makes reads non-blocking.
    ///
    /// - Throws: `CaptureError` of the code `interface`, or `filter` for a filter that libpcap does not take.
    static func open(_ interface: String, _ options: LiveOptions) throws(CaptureError) -> PcapHandle {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_create(interface, &message) else {
            throw CaptureError(code: .interface, input: interface, reason: Self.text(message))
        }
        pcap_set_snaplen(handle, Int32(clamping: options.snapshotLength))
        pcap_set_promisc(handle, options.isPromiscuous ? 1 : 0)
        pcap_set_timeout(handle, 100)
        pcap_set_immediate_mode(handle, 1)
        pcap_set_buffer_size(handle, Int32(clamping: options.bufferSize))
        let isNanosecond = pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO) == 0
        let status = pcap_activate(handle)
        // From here on the struct closes it, whatever fails.
        let opened = PcapHandle(handle, interface, isNanosecond: isNanosecond)
        guard status >= 0 else {
            throw CaptureError(code: .interface, input: interface, reason: reason(status, handle))
        }
        try setFilter(handle, options.filter, interface)
        guard pcap_setnonblock(handle, 1, &message) == 0 else {
            throw CaptureError(code: .interface, input: interface, reason: text(message))
        }
        return opened
    }

    /// Reads the next packet that waits and gives it to `take`; false when none waits.
    func next(_ take: (PacketRecord, RawSpan) -> Void) throws(CaptureError) -> Bool {
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var data: UnsafePointer<UInt8>?
        switch pcap_next_ex(handle, &header, &data) {
        case 1:
            guard let header = header?.pointee, let data else { return false }
            let fraction = Int64(header.ts.tv_usec) &* (isNanosecond ? 1 : 1_000)
            let time = Timestamp(nanoseconds: Int64(header.ts.tv_sec) &* 1_000_000_000 &+ fraction)
            let record = PacketRecord(time: time, link: link, wireLength: Int(header.len))
            // libpcap's octets are valid until its next call, which comes after `take` has returned.
            take(record, UnsafeRawBufferPointer(start: data, count: Int(header.caplen)).bytes)
            return true
        case 0, PCAP_ERROR_BREAK: return false
        case let status:
            throw CaptureError(code: .interface, input: interface, reason: Self.reason(status, handle))
        }
    }

    /// What the kernel counted since the interface was opened.
    func counts() -> Counts {
        var counted = pcap_stat()
        guard pcap_stats(handle, &counted) == 0 else { return Counts(received: 0, dropped: 0) }
        return Counts(received: UInt64(counted.ps_recv), dropped: UInt64(counted.ps_drop) &+ UInt64(counted.ps_ifdrop))
    }

    /// The text in a buffer that ends with NUL.
    static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// DLT_RAW has another number in savefiles than in the kernel.
    private static func savefileType(_ datalink: Int32) -> Int32 { datalink == 12 || datalink == 14 ? 101 : datalink }

    private static func setFilter(
        _ handle: OpaquePointer, _ filter: String, _ interface: String
    ) throws(CaptureError) {
        guard !filter.isEmpty else { return }
        var program = bpf_program()
        guard pcap_compile(handle, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
            let reason = String(cString: pcap_geterr(handle))
            throw CaptureError(code: .filter, input: interface, reason: "the filter \"\(filter)\": \(reason)")
        }
        defer { pcap_freecode(&program) }
        guard pcap_setfilter(handle, &program) == 0 else {
            throw CaptureError(code: .filter, input: interface, reason: String(cString: pcap_geterr(handle)))
        }
    }

    private static func reason(_ status: Int32, _ handle: OpaquePointer) -> String {
        switch status {
        case PCAP_ERROR_NO_SUCH_DEVICE:
            return "there is no such interface; mailtap capture --list-interfaces shows those that there are"
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
            return "no permission to capture; run it as root or with sudo, or give the executable cap_net_raw"
        case PCAP_ERROR_IFACE_NOT_UP: return "the interface is not up"
        default:
            let said = String(cString: pcap_geterr(handle))
            return said.isEmpty ? String(cString: pcap_statustostr(status)) : said
        }
    }
}
