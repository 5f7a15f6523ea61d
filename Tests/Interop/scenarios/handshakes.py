"""Handshakes that few connections make, by OpenSSL's own ends: decrypted with the key log, or said to be not."""

import os
import socket
import subprocess
import time

import tls
from mailtap import analyze
from record_captures import Tcpdump
from scenarios.decrypting import _verbs


class Ends:
    """openssl's s_server and s_client on one port, captured; what each says is a line at a time."""

    def __init__(self, bench, name, server=(), client=()):
        bench.work.chmod(0o777)  # tcpdump changes to another user
        self.packets, self.keylog = bench.work / f"{name}.pcap", bench.work / f"{name}.keys"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        certificate, key = tls.certificate(bench.work)
        self._server = ["s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", certificate, "-key", key, *server]
        self._client = ["s_client", "-connect", f"127.0.0.1:{self.port}", "-keylogfile", self.keylog, *client]

    def __enter__(self):
        self._dump = Tcpdump(self.packets, self.port, []).__enter__()
        self.server = self._start(self._server)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and b"ACCEPT" not in self._read(self.server):
            time.sleep(0.05)
        return self

    @staticmethod
    def _start(arguments):
        process = subprocess.Popen(["openssl", *map(str, arguments), "-crlf"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(process.stdout.fileno(), False)
        process.seen = b""
        return process

    @staticmethod
    def _read(process):
        process.seen += process.stdout.read() or b""
        return process.seen

    def connect(self, *options):
        self.client = self._start([*self._client, *options])
        self.say(self.server, "220 mx.example.org ESMTP", self.client)
        return self

    def say(self, speaker, line, listener=None):
        """Says a line; waits until the listener has it."""
        before = len(self._read(listener)) if listener else 0
        speaker.stdin.write(line.encode() + b"\n")
        speaker.stdin.flush()
        deadline = time.monotonic() + 10
        while listener and time.monotonic() < deadline and line.encode() not in self._read(listener)[before:]:
            time.sleep(0.02)
        if not listener:
            time.sleep(0.5)

    def talk(self, *lines):
        """Commands of the client, each with its reply; a command without one is s_client's own."""
        for command, reply in lines:
            self.say(self.client, command, self.server if reply else None)
            if reply:
                self.say(self.server, reply, self.client)
        return self

    def hang_up(self):
        self.client.stdin.close()
        self.client.wait(20)

    def __exit__(self, *error):
        for process in (self.client, self.server):
            if process.poll() is None:
                process.kill()
                process.wait()
        self._dump.__exit__(*error)


EHLO = ("EHLO client.example", "250 mx.example.org")
NOOP = ("NOOP", "250 ok")


def renegotiation(checks, bench):
    """TLS 1.2 with new keys in mid-session (RFC 5246 section 7.4.1.1): both sets open, or the second is said to lack."""
    with Ends(bench, "renegotiated", ["-tls1_2", "-client_renegotiation"], ["-tls1_2"]) as ends:
        ends.connect().talk(EHLO, ("R", None), NOOP, ("VRFY x", "252 maybe")).hang_up()
    lines = [line for line in ends.keylog.read_text().splitlines() if line.startswith("CLIENT_RANDOM")]
    checks.equal("renegotiation: the client logged two handshakes", len(lines), 2)
    session = analyze(ends.packets, "--keylog", ends.keylog)[0]
    checks.equal("renegotiation: the commands", _verbs(session), ["EHLO", "NOOP", "VRFY"])
    checks.equal("renegotiation: each answered", [e["reply"]["status"] for e in session["exchanges"]],
                 ["220", "250", "250", "252"])
    checks.equal("renegotiation: nothing is lost", session.get("troubles"), None)
    first = bench.work / "first.keys"
    first.write_text(lines[0] + "\n")
    session = analyze(ends.packets, "--keylog", first)[0]
    checks.equal("renegotiation, first keys alone: what they open", _verbs(session), ["EHLO"])
    checks.holds("renegotiation, first keys alone: said", any("renegotiation" in t["text"] for t in session["troubles"]),
                 session.get("troubles"))


def resumption(checks, bench):
    """Sessions that go on with older secrets: by ticket, by session id, by pre-shared key; Diffie-Hellman without curves."""
    for name, server, client in (
            ("TLS 1.2, ticket", ["-tls1_2"], ["-tls1_2"]),
            ("TLS 1.2, session id", ["-tls1_2", "-no_ticket"], ["-tls1_2"]),
            ("TLS 1.2, DHE", ["-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"], ["-tls1_2"]),
            ("TLS 1.2, DHE, CBC", ["-tls1_2", "-cipher", "DHE-RSA-AES128-SHA256"], ["-tls1_2"]),
            ("TLS 1.3, PSK", ["-tls1_3"], ["-tls1_3"])):
        state = bench.work / f"{name}.session"
        with Ends(bench, name, server, client) as ends:
            ends.connect("-sess_out", state).talk(EHLO, NOOP).hang_up()
            ends.connect("-sess_in", state).talk(EHLO, ("VRFY x", "252 maybe")).hang_up()
        resumed = b"Reused, " in ends.client.seen + (ends.client.stdout.read() or b"")
        checks.holds(f"{name}: the second connection resumes", resumed)
        sessions = analyze(ends.packets, "--keylog", ends.keylog)
        checks.equal(f"{name}: the commands", [_verbs(s) for s in sessions], [["EHLO", "NOOP"], ["EHLO", "VRFY"]])
        checks.equal(f"{name}: nothing is lost", [s.get("troubles") for s in sessions], [None, None])
        if "DHE" in name:
            checks.holds(f"{name}: the suite", all("TLS_DHE_RSA" in s["tls"]["cipher"] for s in sessions),
                         [s["tls"] for s in sessions])


def early_data(checks, bench):
    """0-RTT (RFC 8446 section 2.3), taken and refused: what is not decrypted is said, and the rest is read."""
    said = bench.work / "early.txt"
    said.write_bytes(b"EHLO early.example\r\n")
    for taken in (True, False):
        name = f"early data, {'taken' if taken else 'refused'}"
        state = bench.work / "early.session"
        with Ends(bench, name, ["-tls1_3", *(["-early_data"] if taken else ["-max_early_data", "4096"])],
                  ["-tls1_3"]) as ends:
            ends.connect("-sess_out", state).talk(EHLO).hang_up()
            ends.connect("-sess_in", state, "-early_data", said).talk(NOOP, ("VRFY x", "252 maybe")).hang_up()
        sessions = analyze(ends.packets, "--keylog", ends.keylog)
        checks.equal(f"{name}: sessions", len(sessions), 2)
        checks.equal(f"{name}: the commands under the later keys", _verbs(sessions[1])[-2:], ["NOOP", "VRFY"])
        decrypted = _verbs(sessions[1])[0] == "EHLO"
        troubles = [t["text"] for t in sessions[1].get("troubles", [])]
        checks.holds(f"{name}: read, or said to be not", decrypted and taken or any("early data" in t for t in troubles),
                     (_verbs(sessions[1]), troubles))
