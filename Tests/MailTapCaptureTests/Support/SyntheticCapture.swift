import MailTapCore
import Testing

@testable import MailTapCapture

/// How a TCP segment becomes IP datagrams.
enum NetworkForm: String, CaseIterable, Sendable {
    case plain, options, fragments, offload, sixth, extensionHeaders, sixthFragments, extendedFragments

    var isSixth: Bool {
        switch self {
        case .plain, .options, .fragments, .offload: false
        case .sixth, .extensionHeaders, .sixthFragments, .extendedFragments: true
        }
    }

    func datagrams(_ tcp: [UInt8], fromClient: Bool, id: Int) -> [[UInt8]] {
        typealias B = PacketBuilder
        let (source, destination) = fromClient ? (1, 2) : (2, 1)
        let v4 = (UInt32(0xC000_0200) + UInt32(source), UInt32(0xC000_0200) + UInt32(destination))
        let v6 = (UInt8(source), UInt8(destination))
        switch self {
        case .plain: return [B.ipv4(v4.0, v4.1, id: id, tcp)]
        // Record route with no room left, and an end.
        case .options: return [B.ipv4(v4.0, v4.1, id: id, options: [7, 7, 8, 10, 0, 0, 1, 0], tcp)]
        case .offload: return [B.ipv4(v4.0, v4.1, id: id, total: 0, tcp)]
        case .sixth: return [B.ipv6(v6.0, v6.1, tcp)]
        case .extensionHeaders:
            // Hop-by-hop options, destination options, and routing with no segment left.
            let headers: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0, 6, 0, 253, 0, 0, 0, 0, 0]
            return [B.ipv6(v6.0, v6.1, next: 0, headers + tcp)]
        case .fragments, .sixthFragments, .extendedFragments:
            let size = 24
            // Destination options stand in the part that is cut; only the first fragment says so.
            let extended = self == .extendedFragments
            let cut = extended ? [6, 0, 1, 4, 0, 0, 0, 0] + tcp : tcp
            return stride(from: 0, to: cut.count, by: size).map { start in
                let piece = Array(cut[start..<min(cut.count, start + size)])
                let isLast = start + size >= cut.count
                if self == .fragments {
                    return B.ipv4(v4.0, v4.1, id: id, fragment: start / 8 | (isLast ? 0 : 0x2000), piece)
                }
                return B.ipv6(
                    v6.0, v6.1, next: 44,
                    [extended && start == 0 ? 60 : 6, 0] + B.big16(start | (isLast ? 0 : 1)) + B.big32(UInt32(id))
                        + piece)
            }
        }
    }
}

/// What carries IP datagrams inside other packets.
enum TunnelForm: String, CaseIterable, Sendable {
    case none, ipInIP, gre, greBridged, mirrored, authenticated, vxlan, vxlanGPE, geneve, teredo, gtp

    /// Whether it carries that version of IP.
    func carries(_ form: NetworkForm) -> Bool {
        switch self {
        case .teredo: form.isSixth
        // Without a length of its own a datagram can stand at the end of its packet only, as it does here.
        default: true
        }
    }

    /// The outer datagram, and its version of IP.
    func wrap(_ datagram: [UInt8], isSixth: Bool) -> (octets: [UInt8], isSixth: Bool) {
        typealias B = PacketBuilder
        let type = isSixth ? 0x86DD : 0x0800
        func outer(_ proto: UInt8, _ payload: [UInt8]) -> (octets: [UInt8], isSixth: Bool) {
            (B.ipv4(0x0A00_0001, 0x0A00_0002, proto: proto, id: 7, payload), false)
        }
        switch self {
        case .none: return (datagram, isSixth)
        case .ipInIP: return outer(isSixth ? 41 : 4, datagram)
        case .gre: return outer(47, [0x30, 0] + B.big16(type) + B.big32(5) + B.big32(1) + datagram)
        case .greBridged: return outer(47, [0, 0, 0x65, 0x58] + B.ethernet(type: type, datagram))
        case .mirrored:
            // ERSPAN type III, with the subheader that its last bit announces.
            let header: [UInt8] = [0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
            return outer(47, [0x10, 0, 0x22, 0xEB] + B.big32(5) + header + B.ethernet(type: type, datagram))
        case .authenticated:
            return outer(51, [isSixth ? 41 : 4, 4] + [UInt8](repeating: 0, count: 22) + datagram)
        case .vxlanGPE:
            let header: [UInt8] = [0x0C, 0, 0, isSixth ? 2 : 1, 0, 0, 9, 0]
            return outer(17, B.udp(from: 50_000, to: 4790, header + datagram))
        case .vxlan:
            let header: [UInt8] = [8, 0, 0, 0, 0, 0, 9, 0]
            return outer(17, B.udp(from: 50_000, to: 4789, header + B.ethernet(type: type, datagram)))
        case .geneve:
            let header: [UInt8] = [1, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 0]
            return outer(17, B.udp(from: 50_000, to: 6081, header + B.ethernet(type: type, datagram)))
        case .teredo:
            let authentication: [UInt8] = [0, 1, 0, 0] + [UInt8](repeating: 9, count: 9)
            return outer(17, B.udp(from: 50_000, to: 3544, authentication + [0, 0, 1, 2, 3, 4, 5, 6] + datagram))
        case .gtp:
            let header = [0x30, 255] + B.big16(datagram.count) + B.big32(3)
            return outer(17, B.udp(from: 2152, to: 2152, header + datagram))
        }
    }
}

/// What a link puts around a datagram.
enum LinkForm: String, CaseIterable, Sendable {
    case ethernet, padded, tagged, doubleTagged, labelled, pseudowire, pppoe, snap
    case raw, nullLittle, nullBig, loop, cooked, cooked2, ppp, pppDirection, hdlc, cisco, infiniband
    case wireless, aggregate, radiotap, radiotapPadded, perPacket

    var link: LinkType {
        switch self {
        case .ethernet, .padded, .tagged, .doubleTagged, .labelled, .pseudowire, .pppoe, .snap: .ethernet
        case .raw: .raw
        case .nullLittle, .nullBig: .null
        case .loop: .loop
        case .cooked: .linuxCooked
        case .cooked2: .linuxCooked2
        case .ppp: .ppp
        case .hdlc: .pppHDLC
        case .cisco: .ciscoHDLC
        case .pppDirection: .pppWithDirection
        case .infiniband: .infiniband
        case .wireless, .aggregate: .ieee80211
        case .radiotap, .radiotapPadded: .radiotap
        case .perPacket: .perPacket
        }
    }

    /// Whether something stands behind the datagram.
    var isPadded: Bool { self == .padded || self == .radiotapPadded }

    func frame(_ datagram: [UInt8], isSixth: Bool) -> [UInt8] {
        typealias B = PacketBuilder
        let type = isSixth ? 0x86DD : 0x0800
        let ppp = B.big16(isSixth ? 0x0057 : 0x0021) + datagram
        let snap: [UInt8] = [0xAA, 0xAA, 3, 0, 0, 0] + B.big16(type) + datagram
        let family: UInt8 = isSixth ? 30 : 2
        switch self {
        case .ethernet: return B.ethernet(type: type, datagram)
        case .padded: return B.ethernet(type: type, datagram) + Array("QUIT\r\n".utf8)
        case .tagged: return B.ethernet(type: 0x8100, [0x60, 5] + B.big16(type) + datagram)
        case .doubleTagged:
            return B.ethernet(type: 0x88A8, [0, 7] + B.big16(0x8100) + [0, 5] + B.big16(type) + datagram)
        case .labelled: return B.ethernet(type: 0x8847, [0, 1, 0, 64, 0, 2, 1, 64] + datagram)
        case .pseudowire:
            return B.ethernet(type: 0x8847, [0, 2, 1, 64, 0, 0, 0, 0] + B.ethernet(type: type, datagram))
        case .pppoe: return B.ethernet(type: 0x8864, [0x11, 0, 0, 1] + B.big16(ppp.count) + ppp)
        case .snap: return B.ethernet(type: snap.count, snap)
        case .raw: return datagram
        case .nullLittle: return [family, 0, 0, 0] + datagram
        case .nullBig, .loop: return [0, 0, 0, family] + datagram
        case .cooked:
            return [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0] + B.big16(type) + datagram
        case .cooked2:
            return B.big16(type) + [0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0] + datagram
        case .ppp: return ppp
        case .hdlc: return [0xFF, 3] + ppp
        case .cisco: return [0x0F, 0] + B.big16(type) + datagram
        case .wireless: return [0x08, 1] + [UInt8](repeating: 0, count: 22) + snap
        case .pppDirection: return [0, 0xFF, 3] + ppp
        case .infiniband: return [UInt8](repeating: 0, count: 40) + B.big16(type) + [0, 0] + datagram
        case .aggregate:
            // A frame of another protocol, padded, then the one that matters.
            let addresses = [UInt8](repeating: 2, count: 12)
            let other = addresses + [0, 9] + [0xAA, 0xAA, 3, 0, 0, 0, 8, 6, 1] + [0]
            return [0x88, 1] + [UInt8](repeating: 0, count: 22) + [0x80, 0] + other + addresses + B.big16(snap.count)
                + snap
        case .radiotapPadded:
            // A time, the flags (a check sequence, padding), two octets of padding behind the frame's header.
            let header: [UInt8] = [0, 0, 17, 0, 3, 0, 0, 0] + [UInt8](repeating: 0, count: 8) + [0x30]
            return header + [0x88, 1] + [UInt8](repeating: 0, count: 26) + snap + [1, 2, 3, 4]
        case .perPacket:
            return [0, 0, 8, 0, 105, 0, 0, 0, 8, 1] + [UInt8](repeating: 0, count: 22) + snap
        case .radiotap:
            return [0, 0, 8, 0, 0, 0, 0, 0, 0x88, 1] + [UInt8](repeating: 0, count: 24) + snap
        }
    }
}

/// A dialogue as a savefile, in a form that real links have.
struct SyntheticCapture: CustomTestStringConvertible, Sendable {
    var network = NetworkForm.plain
    var tunnel = TunnelForm.none
    var link = LinkForm.ethernet

    var testDescription: String { "\(network.rawValue) in \(tunnel.rawValue) on \(link.rawValue)" }

    /// Whether such packets can be.
    ///
    /// A datagram without a length ends where its packet does.
    var isPossible: Bool { tunnel.carries(network) && !(network == .offload && link.isPadded) }

    /// Every form that can be.
    static let all: [SyntheticCapture] = NetworkForm.allCases.flatMap { network in
        TunnelForm.allCases.flatMap { tunnel in
            LinkForm.allCases.map { SyntheticCapture(network: network, tunnel: tunnel, link: $0) }
        }
    }.filter(\.isPossible)

    /// The packets of one segment, as they stand on the link.
    func frames(_ segment: TCPSegment, _ payload: [UInt8], id: Int) -> [[UInt8]] {
        let tcp = PacketBuilder.tcp(
            from: segment.sourcePort, to: segment.destinationPort, seq: segment.sequence,
            ack: segment.flags.contains(.ack) ? segment.acknowledgement : nil, flags: segment.flags,
            // Time stamps, as everybody sends them.
            options: [1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8], payload)
        let fromClient = segment.source == Conversation.client
        return network.datagrams(tcp, fromClient: fromClient, id: id).map { datagram in
            let outer = tunnel.wrap(datagram, isSixth: network.isSixth)
            return link.frame(outer.octets, isSixth: outer.isSixth)
        }
    }

    /// All packets, in order.
    func packets(of segments: [(segment: TCPSegment, payload: [UInt8])]) -> [[UInt8]] {
        segments.enumerated().flatMap { frames($1.segment, $1.payload, id: 1 + $0) }
    }

    /// The file.
    func file(_ packets: [[UInt8]]) -> [UInt8] {
        var writer = CaptureWriter.pcap(link: Int(link.link.rawValue))
        for (number, packet) in packets.enumerated() {
            writer.record(packet, seconds: 1 + number / 1000, fraction: number % 1000 * 1000)
        }
        return writer.bytes
    }
}
