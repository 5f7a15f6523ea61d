"""Credentials in every form a client can send them: none reaches the disk or a view."""

import base64
import hashlib
import hmac
import os
import re
import socket
import threading
import time

import mailtap
from mailtap import Proxy, analyze
from servers import USERS
from wire import POP3, SMTP, Secret

ALICE = USERS["alice"]
# Words that occur in no name, so that finding one in a recording is finding a secret.
WRONG = "hunter2-is-wrong"


def b64(octets):
    return base64.b64encode(octets if isinstance(octets, bytes) else octets.encode()).decode()


def run(checks, bench):
    """Against the real servers: right, wrong, pipelined, aborted, split over segments."""
    ports = bench.servers.ports
    recording = bench.work / "secrets.mailtap"
    routes = {"submission": f"submission://127.0.0.1:{ports['submission']}", "pop3": f"pop3://127.0.0.1:{ports['pop3']}"}
    with Proxy(routes, "--record", recording, "-v") as proxy:
        for name, flight in SMTP_FLIGHTS.items():
            _speak(proxy.at["submission"], flight, drip="split" in name)
        for name, flight in POP3_FLIGHTS.items():
            _speak(proxy.at["pop3"], flight, drip="split" in name)
        _scram(proxy.at["submission"], "submission")
        _scram(proxy.at["pop3"], "pop3")
        time.sleep(0.3)
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
        live = b"".join(proxy.out) + b"".join(proxy.err)
    _absent(checks, recording, live, "real servers")
    sessions = analyze(recording)
    checks.equal("each login is a session", len(sessions), len(SMTP_FLIGHTS) + len(POP3_FLIGHTS) + 2)
    for session in sessions[:len(SMTP_FLIGHTS)]:
        verbs = [e["command"]["verb"] for e in session["exchanges"] if e["command"]]
        if verbs[-1:] != ["QUIT"]:
            checks.fail("a login masked, the rest of the session still decoded", verbs)


def refused(checks, bench):
    """Servers that refuse, drop, stay silent or answer out of turn: what was meant as a credential stays masked."""
    for name, greeting, answer, flight in ODD_SERVERS:
        server = _Odd(greeting, answer)
        recording = bench.work / f"odd-{name.replace(' ', '-')}.mailtap"
        scheme = "pop3" if greeting.startswith(b"+OK") else "smtp"
        with Proxy({"it": f"{scheme}://127.0.0.1:{server.port}"}, "--record", recording) as proxy:
            try:
                _speak(proxy.at["it"], flight, wait=0.15)
            except OSError:
                pass
            time.sleep(0.2)
            proxy.stop()
            live = b"".join(proxy.out) + b"".join(proxy.err)
        server.close()
        _absent(checks, recording, live, name)


SMTP_FLIGHTS = {
    "PLAIN with initial response": ["EHLO c", f"AUTH PLAIN {b64(chr(0) + 'alice' + chr(0) + ALICE)}", "QUIT"],
    "PLAIN wrong": ["EHLO c", f"AUTH PLAIN {b64(chr(0) + 'alice' + chr(0) + WRONG)}", "QUIT"],
    "PLAIN in lower case": ["ehlo c", f"auth plain {b64(chr(0) + 'alice' + chr(0) + WRONG)}", "quit"],
    "PLAIN after 334": ["EHLO c", "AUTH PLAIN", b64(chr(0) + 'alice' + chr(0) + ALICE), "QUIT"],
    "PLAIN with spaces": ["EHLO c", f"AUTH  PLAIN   {b64(chr(0) + 'alice' + chr(0) + WRONG)} ", "QUIT"],
    "LOGIN": ["EHLO c", "AUTH LOGIN", b64("alice"), b64(ALICE), "QUIT"],
    "LOGIN wrong, then right": ["EHLO c", "AUTH LOGIN", b64("alice"), b64(WRONG), "AUTH LOGIN " + b64("alice"),
                                b64(ALICE), "QUIT"],
    "LOGIN pipelined": ["EHLO c", f"AUTH LOGIN\r\n{b64('alice')}\r\n{b64(ALICE)}", None, "QUIT"],
    "PLAIN pipelined": ["EHLO c", f"AUTH PLAIN\r\n{b64(chr(0) + 'alice' + chr(0) + ALICE)}\r\nNOOP\r\nQUIT"],
    "LOGIN split": ["EHLO c", "AUTH LOGIN", b64("alice"), b64(ALICE), "QUIT"],
    "PLAIN split": ["EHLO c", f"AUTH PLAIN {b64(chr(0) + 'alice' + chr(0) + ALICE)}", "QUIT"],
    "unknown mechanism": ["EHLO c", f"AUTH XOAUTH2 {b64('user=alice' + chr(1) + 'auth=Bearer ' + WRONG + chr(1) * 2)}",
                          "QUIT"],
    "before EHLO": [f"AUTH PLAIN {b64(chr(0) + 'alice' + chr(0) + WRONG)}", "QUIT"],
    "not base64": ["EHLO c", f"AUTH PLAIN alice {WRONG}", "QUIT"],
    "second AUTH": ["EHLO c", f"AUTH PLAIN {b64(chr(0) + 'alice' + chr(0) + ALICE)}",
                    f"AUTH PLAIN {b64(chr(0) + 'alice' + chr(0) + ALICE)}", "QUIT"],
}

POP3_FLIGHTS = {
    "USER and PASS": ["USER alice", f"PASS {ALICE}", "QUIT"],
    "wrong": ["USER alice", f"PASS {WRONG}", "QUIT"],
    "wrong, then right": ["USER alice", f"PASS {WRONG}", "USER alice", f"PASS {ALICE}", "QUIT"],
    "pipelined": [f"USER alice\r\nPASS {ALICE}\r\nSTAT\r\nQUIT"],
    "pipelined, wrong": [f"USER alice\r\nPASS {WRONG}\r\nSTAT\r\nQUIT"],
    "lower case": ["user alice", f"pass {ALICE}", "quit"],
    "with spaces": ["USER alice", f"PASS  {WRONG} and {WRONG} ", "QUIT"],
    "PASS without USER": [f"PASS {WRONG}", "QUIT"],
    "split": ["USER alice", f"PASS {ALICE}", "QUIT"],
    "bare LF": [f"USER alice\nPASS {WRONG}\nQUIT"],
    "AUTH PLAIN pipelined": [f"AUTH PLAIN\r\n{b64(chr(0) + 'alice' + chr(0) + ALICE)}\r\nSTAT\r\nQUIT"],
    "AUTH LOGIN": ["AUTH LOGIN", b64("alice"), b64(ALICE), "QUIT"],
    "AUTH LOGIN split": ["AUTH LOGIN", b64("alice"), b64(ALICE), "QUIT"],
    "unknown mechanism": [f"AUTH XOAUTH2 {b64('user=alice' + chr(1) + 'auth=Bearer ' + WRONG)}", "QUIT"],
    "APOP wrong": [f"APOP alice {hashlib.md5(WRONG.encode()).hexdigest()}", "QUIT"],
}

ODD_SERVERS = [
    ("server drops at AUTH", b"220 x ESMTP\r\n", lambda line: None if b"AUTH" in line else b"250 ok\r\n",
     ["EHLO c", f"AUTH PLAIN {b64(chr(0) + 'alice' + chr(0) + WRONG)}"]),
    ("server silent after AUTH LOGIN", b"220 x ESMTP\r\n", lambda line: b"250 ok\r\n" if b"EHLO" in line else b"",
     ["EHLO c", "AUTH LOGIN", b64("alice"), b64(WRONG)]),
    ("AUTH LOGIN refused, responses sent all the same", b"220 x ESMTP\r\n",
     lambda line: b"250 ok\r\n" if b"EHLO" in line else b"502 no\r\n",
     ["EHLO c", f"AUTH LOGIN\r\n{b64('alice')}\r\n{b64(WRONG)}\r\nQUIT"]),
    ("AUTH PLAIN refused, response sent all the same", b"220 x ESMTP\r\n",
     lambda line: b"250 ok\r\n" if b"EHLO" in line else b"504 no\r\n",
     ["EHLO c", f"AUTH PLAIN\r\n{b64(chr(0) + 'alice' + chr(0) + WRONG)}\r\nQUIT"]),
    ("a line without its end", b"220 x ESMTP\r\n", lambda line: b"250 ok\r\n",
     ["EHLO c", ("raw", f"AUTH PLAIN {b64(chr(0) + 'alice' + chr(0) + WRONG)}")]),
    ("PASS without its end", b"+OK ready\r\n", lambda line: b"+OK\r\n", ["USER alice", ("raw", f"PASS {WRONG}")]),
    ("PASS before the greeting", b"", lambda line: b"+OK\r\n", [f"USER alice\r\nPASS {WRONG}\r\nQUIT"]),
    ("server silent after USER", b"+OK ready\r\n", lambda line: b"", [f"USER alice", f"PASS {WRONG}"]),
    ("AUTH before the greeting", b"", lambda line: b"250 ok\r\n",
     [f"EHLO c\r\nAUTH PLAIN {b64(chr(0) + 'alice' + chr(0) + WRONG)}\r\nQUIT"]),
    ("an endless password", b"+OK ready\r\n", lambda line: b"+OK\r\n",
     ["USER alice", f"PASS {(WRONG + ' ') * 20000}", "QUIT"]),
]


class _Odd:
    """A server that greets and answers each line as told; None closes the connection."""

    def __init__(self, greeting, answer):
        self._greeting, self._answer = greeting, answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            connection, _ = self._listener.accept()
            connection.settimeout(10)
            connection.sendall(self._greeting)
            with connection.makefile("rb") as lines:
                for line in lines:
                    answer = self._answer(line)
                    if answer is None:
                        break
                    connection.sendall(answer)
            connection.close()
        except OSError:
            pass

    def close(self):
        self._listener.close()


def _speak(at, flight, drip=False, wait=None):
    """Sends one line after another, waiting for something to come back each time, then closes."""
    with socket.create_connection(at, timeout=wait or 20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def heard():
            try:
                return connection.recv(65536)
            except socket.timeout:
                return b""

        heard()
        for item in flight:
            octets = b"" if item is None else item[1].encode() if isinstance(item, tuple) else item.encode() + b"\r\n"
            if drip:
                for octet in octets:
                    connection.sendall(bytes([octet]))
                    time.sleep(0.0005)
            else:
                connection.sendall(octets)
            if item is not None and not isinstance(item, tuple):
                heard()
        connection.shutdown(socket.SHUT_WR)
        while heard():
            pass


def _scram(at, service):
    """SCRAM-SHA-256 (RFC 7677): nothing in it is the password, and yet each proof can be guessed against."""
    wire = (SMTP if service == "submission" else POP3)(*at)
    with wire as c:
        if service == "submission":
            c.command("EHLO client.example")
        bare = f"n=alice,r={b64(os.urandom(12))}"
        reply = c.command("AUTH SCRAM-SHA-256" if service == "submission" else "AUTH SCRAM-SHA-256")
        reply = c.respond(b64("n,," + bare))
        first = base64.b64decode(reply["lines"][0]).decode()
        r, s, i = (re.search(rf"{k}=([^,]+)", first)[1] for k in "rsi")
        salted = hashlib.pbkdf2_hmac("sha256", ALICE.encode(), base64.b64decode(s), int(i))
        key = hmac.new(salted, b"Client Key", "sha256").digest()
        final = f"c=biws,r={r}"
        signature = hmac.new(hashlib.sha256(key).digest(), f"{bare},{first},{final}".encode(), "sha256").digest()
        proof = b64(bytes(a ^ b for a, b in zip(key, signature)))
        PROOFS.append(b64(f"{final},p={proof}"))
        if c.respond(PROOFS[-1])["status"] in ("334", "+"):
            c.respond("")
        c.command("QUIT")


PROOFS = []


def _forms(secret):
    """The secret, and the base64 of any text that holds it, in each alignment."""
    forms = {secret}
    for shift in range(3):
        encoded = b64(b"x" * shift + secret.encode())
        forms.add(encoded[4 if shift else 0:len(encoded) - 4])
    return forms


def _absent(checks, recording, live, name):
    needles = {f.encode() for word in (ALICE, WRONG) for f in _forms(word)} | {p.encode() for p in PROOFS}
    needles |= {hashlib.md5(WRONG.encode()).hexdigest().encode()}
    stored = recording.read_bytes()
    places = {"recording": stored, "live transcript": live}
    for command in (["analyze", recording, "--reveal", "--full"], ["export", recording, "--format", "dialogue"],
                    ["export", recording, "--format", "json"], ["export", recording, "--format", "mbox"],
                    ["export", recording, "--format", "csv"]):
        result = mailtap.run(*command)
        if result.status not in (0, 65):
            checks.fail(f"{name}: {' '.join(command[:1] + command[2:])}", result)
        places[" ".join(map(str, command[:1] + command[2:]))] = result.out + result.err
    leaks = 0
    for place, octets in places.items():
        found = [n.decode() for n in sorted(needles) if n in octets]
        if found:
            leaks += 1
            at = octets.find(found[0].encode())
            checks.fail(f"{name}: no secret in the {place}", f"{found} in {octets[max(0, at - 150):at + 60]!r}")
    checks.equal(f"{name}: no secret in {len(places)} places", leaks, 0)
