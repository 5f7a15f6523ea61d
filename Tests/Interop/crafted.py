"""Captures written packet by packet, for what no real client does."""

import struct

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
FIN, SYN, RST, ACK = 1, 2, 4, 16


def record(packet, at=0.0):
    """A packet record of a pcap file with microseconds."""
    return struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(packet), len(packet)) + packet


def segment(source, destination, sequence, acknowledgement, flags, payload=b"", window=65535):
    """A TCP segment in IPv4 in Ethernet; the ends are (address as 32 bits, port)."""
    tcp = struct.pack(">HHIIBBHHH", source[1], destination[1], sequence & 0xFFFFFFFF, acknowledgement & 0xFFFFFFFF,
                      0x50, flags, window, 0, 0) + payload
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, source[0], destination[0])
    return bytes(12) + b"\x08\x00" + ip + tcp


class Talk:
    """A TCP connection as packet records, handshake first."""

    def __init__(self, port, server_port=25, address=0xC0000207, at=0.0):
        self.ends = ((address, port), (0xC0000219, server_port))
        self.next, self.at, self.records = [1000, 9000], at, []
        self._add(0, SYN, acknowledges=False)
        self._add(1, SYN)
        self._add(0, 0)

    def _add(self, side, flags, payload=b"", acknowledges=True):
        self.at += 0.001
        packet = segment(self.ends[side], self.ends[1 - side], self.next[side],
                         self.next[1 - side] if acknowledges else 0, flags | (ACK if acknowledges else 0), payload)
        self.records.append(record(packet, self.at))
        self.next[side] += len(payload) + (1 if flags & (SYN | FIN) else 0)

    def client(self, payload):
        self._add(0, 0, payload)
        return self

    def server(self, payload):
        self._add(1, 0, payload)
        return self

    def mail(self):
        """A short dialogue."""
        self.server(b"220 mail.example.org ESMTP\r\n").client(b"EHLO client.example\r\n")
        self.server(b"250 mail.example.org\r\n").client(b"QUIT\r\n").server(b"221 bye\r\n")
        return self

    def close(self):
        self._add(0, FIN)
        self._add(1, FIN)
        self._add(0, 0)
        return self

    def octets(self):
        return b"".join(self.records)
