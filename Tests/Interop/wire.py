"""Clients of the plainest kind: they say what they are told to, and keep account of what was said.

Because the caller says what each octet is meant to be, the account needs no parser of commands and no state machine.
It has the form of `exchanges` and `messages` of MailTap's JSON, so that the two can be compared.
"""

import hashlib
import re
import socket
import ssl

ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})(?= |$)")


class Content:
    """A message as content after DATA: dot-stuffed and ended by the final dot when it is sent."""

    def __init__(self, octets):
        self.octets = octets

    def wire(self):
        stuffed = re.sub(rb"(?m)^\.", b"..", self.octets)
        if stuffed and not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
            self.octets += b"\r\n"
        return stuffed + b".\r\n"


class Chunk:
    """One BDAT command with its octets (RFC 3030)."""

    def __init__(self, octets, last=False):
        self.octets, self.last = octets, last
        self.line = f"BDAT {len(octets)}{' LAST' if last else ''}"

    def wire(self):
        return self.line.encode() + b"\r\n" + self.octets


class Secret:
    """A line of which the part from `start` on is a credential that must not be stored."""

    def __init__(self, line, start, secret):
        self.line, self.start, self.secret = line, start, secret

    def wire(self):
        return self.line.encode() + b"\r\n"


class Wire:
    """One connection, whose segments hold at most `mss` octets each way where that is given. `sent`
    and `received` are the octets each way; `exchanges` and `messages` the account of them."""

    def __init__(self, host, port, drip=None, tls=None):
        self.socket = socket.create_connection((host, port), timeout=20)
        self._drip = drip
        # What is sent in one call shall leave in one segment at once, so that pipelining is pipelining.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer = self.socket.getsockname()
        self.sent, self.received = bytearray(), bytearray()
        self.exchanges, self.messages, self.secrets = [], [], []
        self._pending = bytearray()
        if tls:
            self.start_tls(tls)

    def start_tls(self, context, name="localhost"):
        """Goes on under TLS; the account goes on with the plaintext."""
        self.socket = context.wrap_socket(self.socket, server_hostname=name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Closes this side, waits for the other to close, and only then lets the connection go."""
        try:
            # Under TLS, what comes now is close_notify as it is on the wire, and no part of the dialogue.
            is_plain = not isinstance(self.socket, ssl.SSLSocket)
            self.socket.shutdown(socket.SHUT_WR)
            while more := self.socket.recv(65536):
                if is_plain:
                    self.received += more
        except OSError:
            pass
        self.socket.close()

    def transmit(self, octets):
        self.sent += octets
        size = self._drip or max(len(octets), 1)
        for start in range(0, len(octets), size):
            self.socket.sendall(octets[start:start + size])

    def read_line(self):
        while b"\n" not in self._pending:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError(f"connection closed; the last octets were {bytes(self.received[-200:])!r}")
            self.received += more
            self._pending += more
        line, _, rest = bytes(self._pending).partition(b"\n")
        self._pending = bytearray(rest)
        return line.rstrip(b"\r").decode("latin-1")

    def until_close(self):
        """Reads to the end of what the server sends."""
        while more := self.socket.recv(65536):
            self.received += more
            self._pending += more

    def _account(self, verb, line, reply, **more):
        command = None if verb is None else {"verb": verb, "line": line}
        self.exchanges.append({"command": command, "reply": reply, **more})
        return reply


class SMTP(Wire):
    """An SMTP or LMTP client. Every method returns the last reply, as {"status", "enhanced", "lines"}."""

    def __init__(self, host, port, lmtp=False, drip=None, tls=None):
        super().__init__(host, port, drip, tls)
        self.lmtp = lmtp
        self._reset()
        self.greeting = self._account(None, None, self.read_reply())

    def _reset(self):
        self._from, self._to, self._rejected, self._chunks = None, [], [], b""

    def read_reply(self):
        lines = []
        while True:
            line = self.read_line()
            lines.append(line[4:])
            if line[3:4] != "-":
                break
        enhanced = ENHANCED.match(lines[0])
        return {"status": line[:3], "enhanced": enhanced and enhanced[1], "lines": lines}

    def flight(self, *items):
        """Sends all items in one go, then reads all their replies. An item is a command line, a Content, a Chunk."""
        self.transmit(b"".join(i.encode() + b"\r\n" if isinstance(i, str) else i.wire() for i in items))
        for item in items:
            reply = self._answered(item)
        return reply

    def command(self, *lines):
        """Each line on its own, waiting for its reply before the next."""
        for line in lines:
            reply = self.flight(line)
        return reply

    def _answered(self, item):
        reply = self.read_reply()
        accepted = reply["status"].startswith("2")
        if isinstance(item, Content):
            further = [self.read_reply() for _ in self._to[1:]] if self.lmtp else []
            self._account("*data", "", reply, further=further)
            # A mail that one recipient's reply accepts was accepted (RFC 2033 section 4.2).
            accepted = any(r["status"].startswith("2") for r in [reply, *further])
            self._message(item.octets, accepted)
        elif isinstance(item, Chunk):
            self._chunks += item.octets
            self._account("BDAT", item.line, reply)
            if item.last:
                self._message(self._chunks, accepted)
        elif isinstance(item, Secret):
            self.secrets.append(item.secret)
            self._account(item.line.split(" ")[0].upper() if item.start else "*auth", item.line, reply,
                          secret_from=item.start)
        else:
            verb = item.split(" ")[0].upper()
            self._account(verb, item, reply)
            path = re.search(r"<(.*?)>", item)
            if verb == "MAIL" and accepted:
                self._reset()
                self._from = path[1]
            elif verb == "RCPT":
                (self._to if accepted else self._rejected).append(path[1])
            elif verb in ("RSET", "EHLO", "HELO", "LHLO") and accepted:
                self._reset()
        return reply

    def _message(self, octets, accepted):
        self.messages.append({
            "bytes": len(octets), "sha256": hashlib.sha256(octets).hexdigest(), "exchange": len(self.exchanges) - 1,
            "from": self._from, "to": self._to, "rejected": self._rejected, "accepted": accepted, "complete": True})
        self._reset()

    def respond(self, line, secret=None):
        """A SASL response to a 334."""
        self.transmit(line.encode() + b"\r\n")
        if secret:
            return self._answered(Secret(line, 0, secret))
        return self._account("*auth", line, self.read_reply())


class POP3(Wire):
    """A POP3 client. The caller says which commands have a multi-line response."""

    def __init__(self, host, port, tls=None):
        super().__init__(host, port, tls=tls)
        self.greeting = self._account(None, None, self.read_status())

    def read_status(self):
        line = self.read_line()
        status, _, text = line.partition(" ")
        return {"status": status, "enhanced": None, "lines": [text]}

    def read_body(self):
        lines = []
        while (line := self.read_line()) != ".":
            lines.append(line[1:] if line.startswith(".") else line)
        return lines

    def flight(self, *items):
        """Sends all items in one go, then reads all their responses. (line, "data") and (line, "message") expect one
        of several lines; a Secret or a plain line expects a single one."""
        lines = [i if isinstance(i, (str, Secret)) else i[0] for i in items]
        self.transmit(b"".join(i.encode() + b"\r\n" if isinstance(i, str) else i.wire() for i in lines))
        for item in items:
            reply = self._answered(item)
        return reply

    def command(self, *items):
        for item in items:
            reply = self.flight(item)
        return reply

    def _answered(self, item):
        reply = self.read_status()
        if isinstance(item, Secret):
            self.secrets.append(item.secret)
            verb = item.line.split(" ")[0].upper() if item.start else "*auth"
            return self._account(verb, item.line, reply, secret_from=item.start)
        line, body = (item, None) if isinstance(item, str) else item
        verb = line.split(" ")[0].upper()
        if body is None or reply["status"] != "+OK":
            return self._account(verb, line, reply)
        lines = self.read_body()
        if body == "data":
            return self._account(verb, line, reply, data=lines)
        self._account(verb, line, reply)
        octets = "".join(line + "\r\n" for line in lines).encode("latin-1")
        self.messages.append({
            "bytes": len(octets), "sha256": hashlib.sha256(octets).hexdigest(), "exchange": len(self.exchanges) - 1,
            "from": None, "to": [], "rejected": [], "accepted": None, "complete": verb == "RETR"})
        return reply

    def respond(self, line, secret=None):
        """A SASL response to a `+ `."""
        self.transmit(line.encode() + b"\r\n")
        if secret:
            return self._answered(Secret(line, 0, secret))
        return self._account("*auth", line, self.read_status())
