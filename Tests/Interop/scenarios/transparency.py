"""The proxy relays octet for octet, whatever it is that is sent."""

import hashlib
import random
import socket
import threading

from mailtap import Proxy, analyze


class Peer:
    """A server that sends `octets`, reads to the end of what the client sends, and closes; `got` is what it read."""

    def __init__(self, octets, greeting=b"", after_end=b""):
        self.octets, self.greeting, self.after_end, self.got = octets, greeting, after_end, b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        connection, _ = self._listener.accept()
        connection.settimeout(30)
        sender = threading.Thread(target=connection.sendall, args=(self.greeting + self.octets,), daemon=True)
        sender.start()
        got = bytearray()
        while more := connection.recv(65536):
            got += more
        self.got = bytes(got)
        sender.join(30)
        connection.sendall(self.after_end)  # the client closed its half only
        connection.close()

    def join(self):
        self._thread.join(30)
        self._listener.close()


def run(checks, bench):
    random.seed(20261123)
    nonsense = random.randbytes(3_000_000)
    lines = b"".join(random.randbytes(random.randrange(90)).replace(b"\n", b"") + random.choice((b"\r\n", b"\n"))
                     for _ in range(30_000))
    for name, greeting, there, back in (
            ("random octets", b"", nonsense, nonsense[::-1]),
            ("random octets after an SMTP greeting", b"220 mail.example.org\r\n", nonsense, nonsense[::-1]),
            ("random lines after an SMTP greeting", b"220 mail.example.org\r\n", lines, lines[::-1]),
            ("random lines after a POP3 greeting", b"+OK ready\r\n", lines, lines[::-1]),
            ("a line without end", b"220 mail.example.org\r\n", b"MAIL FROM:<" + b"a" * 2_000_000, b"250-" * 500_000),
            ("nothing at all", b"", b"", b"")):
        _relay(checks, bench, name, greeting, there, back)


def _relay(checks, bench, name, greeting, there, back):
    peer = Peer(back, greeting, after_end=b"the last word")
    recording = bench.work / f"{name.replace(' ', '-')}.mailtap"
    with Proxy({"smtp": f"smtp://127.0.0.1:{peer.port}"}, "--format", "ndjson", "--record", recording) as proxy:
        with socket.create_connection(proxy.at["smtp"], timeout=30) as client:
            sender = threading.Thread(target=lambda: (client.sendall(there), client.shutdown(socket.SHUT_WR)))
            sender.start()
            got = bytearray()
            while more := client.recv(65536):
                got += more
            sender.join()
        peer.join()
        checks.equal(f"{name}: client to server", _digest(peer.got), _digest(there))
        checks.equal(f"{name}: server to client, half-close kept", _digest(bytes(got)),
                     _digest(greeting + back + b"the last word"))
        session = proxy.wait_sessions(1, 300)[0]
        checks.equal(f"{name}: octets counted", (session["bytes"]["client"], session["bytes"]["server"]),
                     (len(there), len(got)))
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
    session = analyze(recording)[0]
    checks.equal(f"{name}: octets recorded", (session["bytes"]["client"], session["bytes"]["server"]),
                 (len(there), len(got)))


def _digest(octets):
    return len(octets), hashlib.sha256(octets).hexdigest()
