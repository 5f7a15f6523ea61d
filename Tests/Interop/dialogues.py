"""The dialogues: what a client says, once, for the captures and for the checks alike.

Each takes an `At` (the servers, and where to reach a service: the server itself or a proxy in front of it) and returns
the `Wire`s it used, closed.
"""

import base64
import hashlib
import hmac
import re
import ssl

from servers import USERS
from wire import POP3, SMTP, Chunk, Content, Secret

ALICE = USERS["alice"]

MESSAGE = b"""\
Date: Mon, 23 Nov 2026 09:00:00 +0000
From: Carol <carol@example.net>
To: Alice <alice@example.org>
Subject: A plain message
Message-ID: <plain.1@example.net>

Hello Alice,
.
..lines of dots are stuffed on the way and unstuffed again,
. like this one.
-- 
Carol
""".replace(b"\n", b"\r\n")

MULTIPART = b"""\
Date: Mon, 23 Nov 2026 09:01:00 +0000
From: =?utf-8?Q?Ren=C3=A9e?= <renee@example.net>
To: Alice <alice@example.org>
Subject: =?utf-8?B?R3LDvMOfZSBhdXMgS8O2bG4=?= with an
 attachment
Message-ID: <multipart.1@example.net>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=-boundary-1"

--=-boundary-1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Sch=C3=B6ne Gr=C3=BC=C3=9Fe
--=-boundary-1
Content-Type: application/octet-stream
Content-Disposition: attachment; filename*=utf-8''z%C3%A4hler.bin
Content-Transfer-Encoding: base64

AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
--=-boundary-1--
""".replace(b"\n", b"\r\n")


def numbered(n):
    """A short message, the n-th of several."""
    return (f"From: carol@example.net\r\nTo: alice@example.org\r\nSubject: Number {n}\r\n"
            f"Message-ID: <number.{n}@example.net>\r\n\r\nThis is message {n}.\r\n").encode()


def b64(text):
    return base64.b64encode(text.encode()).decode()


class At:
    """Where to find each service. `services` maps its name to (host, port)."""

    def __init__(self, servers, services=None):
        self.servers = servers
        self.services = services or {name: ("127.0.0.1", port) for name, port in servers.ports.items()}

    # A TLS context for the dialogues that need one; see tls.py.
    tls = None

    def smtp(self, service="smtp", **options):
        return SMTP(*self.services[service], **options)

    def pop3(self, service="pop3", **options):
        return POP3(*self.services[service], **options)


# MARK: SMTP

def smtp_plain(at, service="smtp"):
    with at.smtp(service) as c:
        c.command("EHLO client.example", "MAIL FROM:<carol@example.net> SIZE=400", "RCPT TO:<alice@example.org>",
                  "DATA")
        c.flight(Content(MESSAGE))
        c.command("QUIT")
    return [c]


def smtp_helo(at):
    with at.smtp("plainest") as c:
        c.command("HELO client.example", "mail from:<>", "rcpt to:<alice@example.org>", "noop", "VRFY alice",
                  "XYZZY nothing happens", "HELP", "rset", "MAIL FROM:<carol@example.net>",
                  "RCPT TO:<alice@example.org>", "data")
        c.flight(Content(b"\r\nno header section\r\n"))
        c.command("quit")
    return [c]


def smtp_pipelined(at):
    with at.smtp() as c:
        c.command("EHLO client.example")
        c.flight("MAIL FROM:<carol@example.net>", "RCPT TO:<alice@example.org>", "RCPT TO:<bob@example.org>",
                 "RCPT TO:<nobody@example.org>", "DATA")
        # The next transaction and QUIT follow the final dot in the same segment (RFC 2920 section 3.1).
        c.flight(Content(MULTIPART), "MAIL FROM:<carol@example.net>", "RCPT TO:<alice@example.org>", "DATA")
        c.flight(Content(numbered(2)), "QUIT")
    return [c]


def smtp_bdat(at):
    with at.smtp() as c:
        c.command("EHLO client.example")
        c.flight("MAIL FROM:<carol@example.net> BODY=8BITMIME", "RCPT TO:<alice@example.org>",
                 Chunk(MULTIPART[:100]), Chunk(MULTIPART[100:131]), Chunk(MULTIPART[131:]), Chunk(b"", last=True))
        # A chunk may hold what looks like commands and a final dot.
        c.command("MAIL FROM:<carol@example.net>", "RCPT TO:<alice@example.org>")
        c.flight(Chunk(numbered(1) + b"QUIT\r\n.\r\nRSET\r\n", last=True), "MAIL FROM:<carol@example.net>",
                 "RCPT TO:<nobody@example.org>", "RSET", "QUIT")
    return [c]


def smtp_auth_plain(at):
    token = b64(f"\0alice\0{ALICE}")
    with at.smtp("submission") as c:
        c.command("EHLO client.example")
        c.flight(Secret(f"AUTH PLAIN {token}", len("AUTH PLAIN "), token))
        c.command("MAIL FROM:<alice@example.org>", "RCPT TO:<friend@example.net>", "DATA")
        c.flight(Content(numbered(1)))
        c.command("QUIT")
    with at.smtp("submission") as d:
        d.command("EHLO client.example", "AUTH PLAIN")
        d.respond(token, secret=token)
        d.command("QUIT")
    return [c, d]


def smtp_auth_login(at):
    wrong, right = b64("not the password"), b64(ALICE)
    with at.smtp("submission") as c:
        c.command("EHLO client.example", "AUTH LOGIN")
        c.respond(b64("alice"))
        c.respond(wrong, secret=wrong)
        c.command("AUTH LOGIN")
        c.respond("*")
        c.command(f"AUTH LOGIN {b64('alice')}")
        c.respond(right, secret=right)
        c.command("QUIT")
    return [c]


def smtp_auth_cram_md5(at):
    with at.smtp("submission") as c:
        challenge = c.command("EHLO client.example", "AUTH CRAM-MD5")["lines"][0]
        digest = hmac.new(ALICE.encode(), base64.b64decode(challenge), hashlib.md5).hexdigest()
        answer = b64(f"alice {digest}")
        c.respond(answer, secret=answer)
        c.command("QUIT")
    return [c]


def smtp_refused_recipient(at):
    with at.smtp() as c:
        c.command("EHLO client.example", "MAIL FROM:<carol@example.net>", "RCPT TO:<nobody@example.org>",
                  "RCPT TO:<friend@example.net>", "RCPT TO:<alice@example.org>", "DATA")
        c.flight(Content(MESSAGE))
        c.command("QUIT")
    return [c]


def smtp_several_mails(at):
    with at.smtp() as c:
        c.command("EHLO client.example")
        for n in (1, 2, 3):
            c.command("MAIL FROM:<carol@example.net>", "RCPT TO:<alice@example.org>", "DATA")
            c.flight(Content(numbered(n)))
            if n == 2:
                c.command("MAIL FROM:<carol@example.net>", "RCPT TO:<bob@example.org>", "RSET")
        c.command("QUIT")
    return [c]


def smtp_small_segments(at):
    """Commands, lines of the content and its final dot fall apart over segments of seven octets."""
    with at.smtp(drip=7) as c:
        c.command("EHLO client.example")
        c.flight("MAIL FROM:<carol@example.net>", "RCPT TO:<alice@example.org>", "RCPT TO:<nobody@example.org>",
                 "DATA")
        c.flight(Content(MULTIPART), "QUIT")
    return [c]


def smtp_data_refused_pipelined(at):
    """Every recipient is refused, then so is DATA: what the client sends after it is commands."""
    with at.smtp("strict") as c:
        c.command("EHLO client.example")
        c.flight("MAIL FROM:<carol@example.net>", "RCPT TO:<alice@example.org>", "RCPT TO:<bob@example.org>", "DATA")
        c.flight("RSET", "NOOP", "QUIT")
    return [c]


def smtp_starttls(at):
    with at.smtp() as c:
        c.command("EHLO client.example", "STARTTLS")
        with _trusting().wrap_socket(c.socket, server_hostname="localhost") as tls:
            tls.sendall(b"EHLO client.example\r\n")
            tls.recv(65536)
            tls.sendall(b"QUIT\r\n")
            tls.recv(65536)
    return [c]


def smtps(at):
    """TLS from the start, a login and a mail under it."""
    with at.smtp("smtps", tls=at.tls) as c:
        _mail_with_login(c)
    return [c]


def smtp_under_starttls(at):
    """The clear part, STARTTLS, a login and a mail under it."""
    with at.smtp("submission") as c:
        c.command("EHLO client.example", "STARTTLS")
        c.start_tls(at.tls)
        _mail_with_login(c)
    return [c]


def _mail_with_login(c):
    token = b64(f"\0alice\0{ALICE}")
    c.command("EHLO client.example", Secret(f"AUTH PLAIN {token}", 11, token))
    c.flight("MAIL FROM:<carol@example.net>", "RCPT TO:<alice@example.org>", "DATA")
    c.flight(Content(MESSAGE))
    c.command("QUIT")


def lmtp(at):
    with at.smtp("lmtp", lmtp=True) as c:
        c.command("LHLO client.example")
        c.flight("MAIL FROM:<carol@example.net>", "RCPT TO:<alice@example.org>", "RCPT TO:<nobody@example.org>",
                 "RCPT TO:<bob@example.org>", "DATA")
        c.flight(Content(MESSAGE))
        c.command("QUIT")
    return [c]


# MARK: POP3

def fill(servers):
    """Gives alice a maildrop of three messages."""
    servers.empty("alice")
    for n, message in enumerate((MESSAGE, MULTIPART, numbered(3)), 1):
        servers.put("alice", message, f"1795600000.M{n}P1.mx.example.org")


def pop3_all_commands(at):
    fill(at.servers)
    with at.pop3() as c:
        c.command(("CAPA", "data"), "USER alice", Secret(f"PASS {ALICE}", len("PASS "), ALICE), "STAT",
                  ("LIST", "data"), "LIST 1", "LIST 9", ("UIDL", "data"), "UIDL 2", ("TOP 1 0", "message"),
                  ("TOP 2 3", "message"), ("RETR 1", "message"), ("retr 2", "message"), ("RETR 9", "message"), "DELE 1",
                  ("LIST", "data"), "LIST 1", "NOOP", "RSET", "DELE 3", "XYZZY", ("CAPA", "data"), "QUIT")
    return [c]


def pop3_logins(at):
    """Each way in: AUTH PLAIN with and without an initial response, AUTH LOGIN, CRAM-MD5, APOP, a wrong password."""
    token = b64(f"\0alice\0{ALICE}")
    wires = []
    with at.pop3() as c:
        c.flight(Secret(f"AUTH PLAIN {token}", len("AUTH PLAIN "), token))
        c.command("STAT", "QUIT")
        wires.append(c)
    with at.pop3() as c:
        c.command("AUTH PLAIN")
        c.respond(token, secret=token)
        c.command("QUIT")
        wires.append(c)
    with at.pop3() as c:
        c.command("AUTH LOGIN")
        c.respond(b64("alice"))
        c.respond(b64(ALICE), secret=b64(ALICE))
        c.command("QUIT")
        wires.append(c)
    with at.pop3() as c:
        challenge = c.command("AUTH CRAM-MD5")["lines"][0]
        answer = b64("alice " + hmac.new(ALICE.encode(), base64.b64decode(challenge), hashlib.md5).hexdigest())
        c.respond(answer, secret=answer)
        c.command("QUIT")
        wires.append(c)
    with at.pop3() as c:
        stamp = re.search(r"<.*>", c.greeting["lines"][0])[0]
        digest = hashlib.md5((stamp + ALICE).encode()).hexdigest()
        c.command(Secret(f"APOP alice {digest}", len("APOP alice "), digest), "QUIT")
        wires.append(c)
    with at.pop3() as c:
        c.command("USER alice", Secret("PASS not the password", len("PASS "), "not the password"), "QUIT")
        wires.append(c)
    return wires


def pop3_pipelined(at):
    fill(at.servers)
    with at.pop3() as c:
        c.command("USER alice", Secret(f"PASS {ALICE}", len("PASS "), ALICE))
        c.flight("STAT", ("LIST", "data"), "LIST 2", ("UIDL", "data"), ("RETR 1", "message"), ("RETR 3", "message"),
                 "DELE 2", "RSET", "QUIT")
    return [c]


def pop3_stls(at):
    with at.pop3() as c:
        c.command(("CAPA", "data"), "STLS")
        with _trusting().wrap_socket(c.socket, server_hostname="localhost") as tls:
            tls.sendall(b"CAPA\r\n")
            tls.recv(65536)
            tls.sendall(b"QUIT\r\n")
            tls.recv(65536)
    return [c]


def pop3s(at):
    """TLS from the start, and a login by USER and PASS."""
    _fill(at)
    with at.pop3("pop3s", tls=at.tls) as c:
        _fetch(c)
    return [c]


def pop3_under_stls(at):
    """CAPA in clear, STLS, and a login by USER and PASS."""
    _fill(at)
    with at.pop3() as c:
        c.command(("CAPA", "data"), "STLS")
        c.start_tls(at.tls)
        _fetch(c)
    return [c]


def _fill(at):
    at.servers.empty("alice")
    at.servers.put("alice", MESSAGE, "1.plain")


def _fetch(c):
    c.command("USER alice", Secret(f"PASS {ALICE}", 5, ALICE), "STAT", ("RETR 1", "message"), "QUIT")


def _trusting():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
