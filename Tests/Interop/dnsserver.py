"""A DNS server on loopback that answers from a table, over UDP and TCP."""

import socket
import struct
import threading

TYPES = {1: "A", 15: "MX", 28: "AAAA"}


def _name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


class DNSServer:
    """Context manager. `records`: {(name, type): [value]}, an MX value is (preference, host). No name: code 3."""

    def __init__(self, records, truncates=False, mangles=lambda answer: answer):
        self.records, self.truncates, self.mangles = records, truncates, mangles
        self.asked = []

    def __enter__(self):
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.udp.close()
        self.tcp.close()

    def _serve_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
                self.udp.sendto(self.mangles(self._answer(query, "udp", self.truncates)), peer)
            except OSError:
                return

    def _serve_tcp(self):
        while True:
            try:
                peer, _ = self.tcp.accept()
            except OSError:
                return
            with peer:
                length = struct.unpack("!H", peer.recv(2))[0]
                answer = self._answer(peer.recv(length), "tcp", False)
                peer.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, query, transport, truncates):
        labels, place = [], 12
        while query[place]:
            labels.append(query[place + 1:place + 1 + query[place]].decode())
            place += query[place] + 1
        question = query[12:place + 5]
        name, kind = ".".join(labels), TYPES.get(struct.unpack("!H", query[place + 1:place + 3])[0])
        self.asked.append((transport, name, kind))
        found = self.records.get((name, kind), [])
        known = any(name == other for other, _ in self.records)
        flags = 0x8180 | (0 if known else 3) | (0x0200 if truncates else 0)
        if truncates:
            found = []
        body = b""
        for value in found:
            if kind == "MX":
                data = struct.pack("!H", value[0]) + _name(value[1])
            else:
                data = socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, value)
            # The owner's name is a pointer to the question's.
            body += b"\xc0\x0c" + struct.pack("!HHIH", {v: k for k, v in TYPES.items()}[kind], 1, 60, len(data)) + data
        return query[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0) + question + body
