import MailTapCore

/// A capture made in memory: Ethernet, IPv4, TCP, with handshakes and ends, checksums left out.
enum SyntheticCapture {
    /// Sessions that all say the same, one step of each after another.
    static func of(_ steps: [Script.Step], sessions: Int) -> [UInt8] {
        var capture: [UInt8] = []
        capture.append(little: 0xA1B2_3C4D, 4)
        capture.append(little: 2, 2)
        capture.append(little: 4, 2)
        capture.append(little: 0, 8)
        capture.append(little: 262_144, 4)
        capture.append(little: 1, 4)
        var sequences = [(client: UInt32, server: UInt32)](repeating: (1_000, 9_000), count: sessions)
        func packet(_ session: Int, _ side: Side, _ flags: UInt8, _ octets: [UInt8], _ time: Int64) {
            let isClient = side == .client
            let own = isClient ? sequences[session].client : sequences[session].server
            let peer = isClient ? sequences[session].server : sequences[session].client
            capture.append(little: UInt64(time / 1_000_000_000), 4)
            capture.append(little: UInt64(time % 1_000_000_000), 4)
            capture.append(little: UInt64(54 + octets.count), 4)
            capture.append(little: UInt64(54 + octets.count), 4)
            capture += [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0]
            capture.append(big: UInt64(40 + octets.count), 2)
            capture += [0, 0, 0x40, 0, 64, 6, 0, 0]
            let ends: [UInt64] = [0x0A00_0000 + UInt64(session), 0xC000_0219]
            capture.append(big: isClient ? ends[0] : ends[1], 4)
            capture.append(big: isClient ? ends[1] : ends[0], 4)
            capture.append(big: isClient ? 50_000 : 25, 2)
            capture.append(big: isClient ? 25 : 50_000, 2)
            capture.append(big: UInt64(own), 4)
            capture.append(big: UInt64(flags == 2 ? 0 : peer), 4)
            capture += [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]
            capture += octets
            let length = UInt32(octets.count) + (flags & 3 == 0 ? 0 : 1)
            if isClient { sequences[session].client &+= length } else { sequences[session].server &+= length }
        }
        for session in 0..<sessions {
            packet(session, .client, 2, [], 1)
            packet(session, .server, 0x12, [], 2)
            packet(session, .client, 0x10, [], 3)
        }
        for step in steps {
            for session in 0..<sessions { packet(session, step.side, 0x18, step.octets, step.time.nanoseconds) }
        }
        let end = (steps.last?.time.nanoseconds ?? 0) + 1
        for session in 0..<sessions {
            packet(session, .client, 0x11, [], end)
            packet(session, .server, 0x11, [], end)
            packet(session, .client, 0x10, [], end)
        }
        return capture
    }
}

extension [UInt8] {
    fileprivate mutating func append(little value: UInt64, _ count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }

    fileprivate mutating func append(big value: UInt64, _ count: Int) {
        for index in (0..<count).reversed() { append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }
}
