"""The forms in which links carry a TCP segment, and savefiles that hold many of them: nothing of MailTap's is used here."""

import itertools
import struct

ETHERNET = bytes.fromhex("020000000001020000000002")
_ids = itertools.count(1)


def u16(value):
    return struct.pack(">H", value & 0xFFFF)


def u32(value):
    return struct.pack(">I", value & 0xFFFFFFFF)


def ipv4(payload, source=0xC0000207, destination=0xC0000219, protocol=6, fragment=0, options=b"", number=None, total=None):
    header = 20 + len(options)
    total = header + len(payload) if total is None else total
    return (bytes([0x40 | header // 4, 0]) + u16(total) + u16(next(_ids) if number is None else number) + u16(fragment)
            + bytes([64, protocol, 0, 0]) + u32(source) + u32(destination) + options + payload)


def ipv6(payload, from_client, following=6):
    prefix = bytes.fromhex("20010db8") + bytes(11)
    ends = (prefix + b"\x07", prefix + b"\x19")
    source, destination = ends if from_client else ends[::-1]
    return b"\x60\0\0\0" + u16(len(payload)) + bytes([following, 64]) + source + destination + payload


def udp(payload, source, destination):
    return u16(source) + u16(destination) + u16(8 + len(payload)) + b"\0\0" + payload


def ethernet(payload, kind):
    return ETHERNET + u16(kind) + payload


# How a segment becomes datagrams: (segment, whether the client sent it) -> the datagrams.

def _addresses(from_client):
    ends = (0xC0000207, 0xC0000219)
    return dict(zip(("source", "destination"), ends if from_client else ends[::-1]))


def _piece(tcp):
    """Octets of a fragment: a few dozen, or as many as leave a long segment in some forty pieces."""
    return max(24, len(tcp) // 40 // 8 * 8)


def _fragments(tcp, from_client):
    number, size = next(_ids), _piece(tcp)
    return [ipv4(tcp[at:at + size], fragment=at // 8 | (0x2000 if at + size < len(tcp) else 0), number=number,
                 **_addresses(from_client)) for at in range(0, len(tcp), size)]


def _sixth_fragments(tcp, from_client):
    number, size = next(_ids), _piece(tcp)
    return [ipv6(b"\x06\0" + u16(at | (at + size < len(tcp))) + u32(number) + tcp[at:at + size], from_client, 44)
            for at in range(0, len(tcp), size)]


def _extended_fragments(tcp, from_client):
    """Destination options stand in the part that is cut (RFC 8200 section 4.5)."""
    number, size, cut = next(_ids), _piece(tcp), b"\x06\0\x01\x04\0\0\0\0" + tcp
    return [ipv6(b"\x3c\0" + u16(at | (at + size < len(cut))) + u32(number) + cut[at:at + size],
                 from_client, 44) for at in range(0, len(cut), size)]


NETWORKS = {
    "plain": (False, lambda tcp, c: [ipv4(tcp, **_addresses(c))]),
    "options": (False, lambda tcp, c: [ipv4(tcp, options=bytes([7, 7, 8, 10, 0, 0, 1, 0]), **_addresses(c))]),
    "fragments": (False, _fragments),
    "fragments backwards": (False, lambda tcp, c: _fragments(tcp, c)[::-1]),
    "offload": (False, lambda tcp, c: [ipv4(tcp, total=0, **_addresses(c))]),
    "sixth": (True, lambda tcp, c: [ipv6(tcp, c)]),
    "extension headers": (True, lambda tcp, c: [
        ipv6(bytes([60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0, 6, 0, 253, 0, 0, 0, 0, 0]) + tcp, c, 0)]),
    "sixth fragments": (True, _sixth_fragments),
    "sixth fragments, extended": (True, _extended_fragments),
}


# What carries a datagram: (datagram, is IPv6) -> (datagram, is IPv6).

def _outer(protocol, payload):
    return ipv4(payload, 0x0A000001, 0x0A000002, protocol), False


def _type(sixth):
    return 0x86DD if sixth else 0x0800


TUNNELS = {
    "none": lambda d, sixth: (d, sixth),
    "IP in IP": lambda d, sixth: _outer(41 if sixth else 4, d),
    "GRE": lambda d, sixth: _outer(47, b"\x30\0" + u16(_type(sixth)) + u32(5) + u32(next(_ids)) + d),
    "GRE, bridged": lambda d, sixth: _outer(47, b"\0\0\x65\x58" + ethernet(d, _type(sixth))),
    "ERSPAN III": lambda d, sixth: _outer(47, b"\x10\0\x22\xeb" + u32(next(_ids)) + b"\x20\x01" + bytes(10)
                                          + ethernet(d, _type(sixth))),
    "authentication": lambda d, sixth: _outer(51, bytes([41 if sixth else 4, 4]) + bytes(6) + u32(next(_ids)) + bytes(12) + d),
    "VXLAN-GPE": lambda d, sixth: _outer(
        17, udp(bytes([0x0C, 0, 0, 2 if sixth else 1, 0, 0, 9, 0]) + d, 50000, 4790)),
    "VXLAN": lambda d, sixth: _outer(
        17, udp(b"\x08" + bytes(5) + b"\x09\0" + ethernet(d, _type(sixth)), 50000, 4789)),
    "Geneve": lambda d, sixth: _outer(
        17, udp(bytes([1, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 0]) + ethernet(d, _type(sixth)), 50000, 6081)),
    "Teredo": lambda d, sixth: _outer(17, udp(bytes([0, 0, 1, 2, 3, 4, 5, 6]) + d, 50000, 3544)),
    "GTP-U": lambda d, sixth: _outer(17, udp(b"\x30\xff" + u16(len(d)) + u32(3) + d, 2152, 2152)),
}


# What a link puts around a datagram: link type, (datagram, is IPv6) -> the frame.

def _ppp(d, sixth):
    return (b"\0\x57" if sixth else b"\0\x21") + d


def _snap(d, sixth):
    return b"\xaa\xaa\x03\0\0\0" + u16(_type(sixth)) + d


LINKS = {
    "Ethernet": (1, lambda d, sixth: ethernet(d, _type(sixth))),
    "Ethernet, padded": (1, lambda d, sixth: ethernet(d, _type(sixth)) + b"QUIT\r\n"),
    "802.1Q": (1, lambda d, sixth: ethernet(b"\x60\x05" + u16(_type(sixth)) + d, 0x8100)),
    "QinQ": (1, lambda d, sixth: ethernet(b"\0\x07\x81\0\0\x05" + u16(_type(sixth)) + d, 0x88A8)),
    "MPLS": (1, lambda d, sixth: ethernet(bytes([0, 1, 0, 64, 0, 2, 1, 64]) + d, 0x8847)),
    "PPPoE": (1, lambda d, sixth: ethernet(b"\x11\0\0\x01" + u16(len(d) + 2) + _ppp(d, sixth), 0x8864)),
    "802.3 SNAP": (1, lambda d, sixth: ethernet(_snap(d, sixth), len(d) + 8)),
    "raw IP": (101, lambda d, sixth: d),
    "BSD loopback, little": (0, lambda d, sixth: bytes([30 if sixth else 2, 0, 0, 0]) + d),
    "BSD loopback, big": (0, lambda d, sixth: bytes([0, 0, 0, 30 if sixth else 2]) + d),
    "OpenBSD loopback": (108, lambda d, sixth: bytes([0, 0, 0, 24 if sixth else 2]) + d),
    "Linux cooked": (113, lambda d, sixth: bytes([0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]) + u16(_type(sixth)) + d),
    "Linux cooked 2": (276, lambda d, sixth: u16(_type(sixth)) + bytes([0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1,
                                                                       0, 0]) + d),
    "PPP": (9, lambda d, sixth: b"\xff\x03" + _ppp(d, sixth)),
    "PPP in HDLC": (50, lambda d, sixth: b"\xff\x03" + _ppp(d, sixth)),
    "PPP with direction": (204, lambda d, sixth: b"\0\xff\x03" + _ppp(d, sixth)),
    "IP over InfiniBand": (242, lambda d, sixth: bytes(40) + u16(_type(sixth)) + b"\0\0" + d),
    "Cisco HDLC": (104, lambda d, sixth: b"\x0f\0" + u16(_type(sixth)) + d),
    "802.11": (105, lambda d, sixth: b"\x08\x01" + bytes(22) + _snap(d, sixth)),
    "802.11, A-MSDU": (105, lambda d, sixth: b"\x88\x01" + bytes(22) + b"\x80\0" + bytes(12) + u16(len(d) + 8)
                       + _snap(d, sixth)),
    "802.11, PPI": (192, lambda d, sixth: struct.pack("<BBHI", 0, 0, 8, 105) + b"\x08\x01" + bytes(22) + _snap(d, sixth)),
    "802.11, radiotap, padded": (127, lambda d, sixth: struct.pack("<BBHIB", 0, 0, 9, 2, 0x30) + b"\x88\x01" + bytes(26)
                                 + _snap(d, sixth) + bytes(4)),
    "802.11, radiotap": (127, lambda d, sixth: b"\0\0\x08\0\0\0\0\0\x88\x01" + bytes(24) + _snap(d, sixth)),
}


def frames(tcp, from_client, network="plain", tunnel="none", link="Ethernet"):
    """The frames of one TCP segment."""
    sixth, datagrams = NETWORKS[network]
    return [LINKS[link][1](*TUNNELS[tunnel](datagram, sixth)) for datagram in datagrams(tcp, from_client)]


def possible(network, tunnel, link):
    """Teredo carries IPv6 alone, and a datagram without a length ends where its frame does."""
    return not (tunnel == "Teredo" and not NETWORKS[network][0]) and not (network == "offload" and "padded" in link)


class PcapNG:
    """A pcapng file with as many interfaces as it needs."""

    def __init__(self):
        self.blocks = [self._block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
        self.interfaces, self.packets = [], 0

    @staticmethod
    def _block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))

    def interface(self, link):
        self.blocks.append(self._block(1, struct.pack("<HHI", link, 0, 0)))
        self.interfaces.append(link)
        return len(self.interfaces) - 1

    def packet(self, interface, octets, wire=None):
        """A packet, a millisecond behind the one before; `wire` is its length where the file holds less."""
        self.packets += 1
        at = 1_000_000_000_000 + self.packets * 1000
        self.blocks.append(self._block(6, struct.pack(
            "<IIIII", interface, at >> 32, at & 0xFFFFFFFF, len(octets), wire or len(octets)) + octets))

    def octets(self):
        return b"".join(self.blocks)


class Speaker:
    """A TCP connection as segments: (octets of the segment, whether the client sent it)."""

    FIN, SYN, RST, ACK = 1, 2, 4, 16

    def __init__(self, port, server_port=25, first=(1000, 9000)):
        self.ports, self.first, self.next, self.segments = (port, server_port), first, list(first), []
        self.said = [b"", b""]
        self.add(0, b"", self.SYN, acknowledges=False)
        self.add(1, b"", self.SYN)
        self.add(0, b"")

    def segment(self, side, sequence, payload, flags=0, acknowledges=True):
        ports = self.ports if side == 0 else self.ports[::-1]
        return (u16(ports[0]) + u16(ports[1]) + u32(sequence) + u32(self.next[1 - side] if acknowledges else 0)
                + bytes([0x80, flags | (self.ACK if acknowledges else 0)]) + b"\xff\xff\0\0\0\0"
                + bytes([1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8]) + payload, side == 0)

    def add(self, side, payload, flags=0, acknowledges=True):
        self.segments.append(self.segment(side, self.next[side], payload, flags, acknowledges))
        self.next[side] += len(payload) + (1 if flags & (self.SYN | self.FIN) else 0)
        self.said[side] += payload
        return self

    def mail(self):
        """A mail, from greeting to farewell."""
        for side, line in ((1, b"220 mail.example.org ESMTP"), (0, b"EHLO client.example"),
                           (1, b"250-mail.example.org\r\n250 8BITMIME"), (0, b"MAIL FROM:<a@example.org>"), (1, b"250 ok"),
                           (0, b"RCPT TO:<b@example.net>"), (1, b"250 ok"), (0, b"DATA"), (1, b"354 go on"),
                           (0, b"Subject: odd links\r\n\r\nText of the mail."), (0, b"More of it."), (0, b"."),
                           (1, b"250 queued"), (0, b"QUIT"), (1, b"221 bye")):
            self.add(side, line + b"\r\n")
        return self

    def close(self):
        return self.add(0, b"", self.FIN).add(1, b"", self.FIN).add(0, b"")
