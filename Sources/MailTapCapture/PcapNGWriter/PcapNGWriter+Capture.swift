import MailTapCore

/// Blocks of captured packets, which have the link layer of their interface.
extension PcapNGWriter {
    /// Begins the section of a live capture: its header, and its one interface.
    mutating func beginCapture(
        application: String, interface: String, link: UInt16, snapshotLength: Int, filter: String
    ) {
        sectionHeader(application: application)
        block(BlockType.interface) { bytes in
            bytes.appendLittle(link)
            bytes.appendLittle(0 as UInt16)
            bytes.appendLittle(UInt32(clamping: snapshotLength))
            Self.option(2, interface.utf8, to: &bytes)  // if_name
            Self.option(9, CollectionOfOne(9 as UInt8), to: &bytes)  // if_tsresol: nanoseconds
            if !filter.isEmpty { Self.option(11, [0] + Array(filter.utf8), to: &bytes) }  // if_filter: libpcap's text
            Self.endOfOptions(to: &bytes)
        }
    }

    /// Adds a packet as it was captured; `length` is what it had on the wire.
    mutating func capturedPacket(at time: Timestamp, _ octets: [UInt8], length: Int) {
        let moment = UInt64(max(0, time.nanoseconds))
        block(BlockType.packet) { bytes in
            bytes.appendLittle(0 as UInt32)
            bytes.appendLittle(UInt32(truncatingIfNeeded: moment >> 32))
            bytes.appendLittle(UInt32(truncatingIfNeeded: moment))
            bytes.appendLittle(UInt32(clamping: octets.count))
            bytes.appendLittle(UInt32(clamping: length))
            bytes.append(contentsOf: octets)
            Self.pad(&bytes, octets.count)
        }
    }

    /// Adds TLS key log lines as a Decryption Secrets Block.
    mutating func secrets(_ keyLog: [UInt8]) {
        block(BlockType.secrets) { bytes in
            bytes.appendLittle(Self.tlsKeyLog)
            bytes.appendLittle(UInt32(clamping: keyLog.count))
            bytes.append(contentsOf: keyLog)
            Self.pad(&bytes, keyLog.count)
        }
    }
}
