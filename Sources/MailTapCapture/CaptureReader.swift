public import MailTapCore

/// Reads one capture, whatever its format, and gives its sessions to a sink.
public struct CaptureReader {
    /// What a capture held beside its sessions.
    public struct Summary: Sendable, Equatable {
        /// Packets read.
        public var packets: UInt64 = 0
        /// Packets whose link-layer type MailTap does not read, by its number in savefiles (LINKTYPE).
        public var unreadable: [UInt16: UInt64] = [:]
        /// Packets that the capturing machine says it dropped.
        public var dropped: UInt64 = 0
    }

    /// Bounds of memory.
    public var limits: ReassemblyLimits
    /// Who understands the comments of MailTap's own recordings; nil leaves them unread.
    public var annotations: (any PacketAnnotationReading)?
    /// Takes TLS key log lines (NSS format) that a capture holds; they come before the packets that need them.
    public var secrets: ((_ keyLog: [UInt8]) -> Void)?

    /// Called again and again while an input that is still being written has nothing new: time to show what there is.
    public var waiting: (() -> Void)?
    /// The connections that are followed, where other readers read the same capture.
    public var share = CaptureShare.whole
    /// Kept up to date before a session opens and before `progress` is called; nil where nobody asks.
    public var position: PacketPosition?

    /// A reader with the given bounds.
    public init(
        limits: ReassemblyLimits = ReassemblyLimits(), annotations: (any PacketAnnotationReading)? = nil,
        secrets: ((_ keyLog: [UInt8]) -> Void)? = nil
    ) {
        self.limits = limits
        self.annotations = annotations
        self.secrets = secrets
    }

    /// Whether an input that begins with `firstBytes` is a capture; `CaptureFormat.signatureLength` octets tell.
    public static func looksLikeCapture(_ firstBytes: some Collection<UInt8>) -> Bool {
        CaptureFormat(firstBytes: firstBytes) != nil
    }

    /// Whether an input that begins so is a capture that is not compressed.
    public static func isPlain(_ firstBytes: some Collection<UInt8>) -> Bool {
        switch CaptureFormat(firstBytes: firstBytes) {
        case .pcap, .pcapng: true
        case .compressed, nil: false
        }
    }

    /// Whether an input that begins so may hold TLS secrets: pcapng, or something compressed that may be pcapng.
    public static func mayHoldSecrets(_ firstBytes: some Collection<UInt8>) -> Bool {
        guard let format = CaptureFormat(firstBytes: firstBytes) else { return false }
        return format != .pcap
    }

    /// Reads a capture to its end.
    ///
    /// Sessions open in the order of their first octet and end as they end; those still open at the end of the input
    /// end there, also where it is damaged: what could be read was delivered before the error is thrown.
    ///
    /// - Parameters:
    ///   - source: the input, from its first octet.
    ///   - name: the INPUT as the user calls it; becomes each session's `source`.
    ///   - sink: takes the sessions.
    ///   - progress: gets the number of (decompressed) octets read, about once a MiB.
    /// - Throws: `CaptureError` for an input that is no capture, is damaged, or can't be read.
    @discardableResult
    public func read(
        _ source: any ByteSource, named name: String, into sink: any TraceSink, progress: ((UInt64) -> Void)? = nil
    ) throws(CaptureError) -> Summary {
        var pipeline = CapturePipeline(reader: self, source: name, sink: sink, report: progress)
        // The sessions that are open end whether the input is whole or not.
        let wantsComments = annotations != nil
        let outcome = Result { () throws(CaptureError) in
            try Self.read(source, named: name, wantsComments: wantsComments, into: &pipeline)
        }
        pipeline.finish()
        try outcome.get()
        return pipeline.summary
    }

    /// Gives the packets and what else is in a capture to `handler`.
    static func read(
        _ source: any ByteSource, named name: String, wantsComments: Bool,
        into handler: inout some PacketHandler & ~Copyable
    ) throws(CaptureError) {
        var input = InputBuffer(source)
        var format = try format(&input)
        if case .compressed(let compression)? = format {
            let unpacked = try UnpackingSource.unpacking(compression, Remainder(consume input), named: name)
            input = InputBuffer(unpacked)
            format = try Self.format(&input)
        }
        switch format {
        case .pcap:
            var reader = PcapReader(input, named: name)
            try reader.read(into: &handler)
        case .pcapng:
            var reader = PcapNGReader(input, named: name, wantsComments: wantsComments)
            try reader.read(into: &handler)
        case .compressed, nil:
            throw CaptureError(
                code: .notACapture, input: name, offset: 0, reason: "neither pcap nor pcapng, nor either compressed")
        }
    }

    private static func format(_ input: inout InputBuffer) throws(CaptureError) -> CaptureFormat? {
        _ = try input.fill(CaptureFormat.signatureLength)
        return CaptureFormat(firstBytes: input.bytes.prefix(CaptureFormat.signatureLength))
    }
}
