"""The two ends of the soak's sessions; both count what they said and heard, by the session's token.

A token stands in the first thing that a client says (`EHLO soak-7.example`, `USER soak-7`), so that client, server and
recording can be brought together. What is said is counted before it is sent, what is heard after it came: an end that is
killed in between has heard at least, and said at most, what its account holds.
"""

import asyncio
import contextlib
import re
import socket
import ssl
import struct

TOKEN = re.compile(r"^(?:EHLO|USER) (soak--?\d+)")


class Account:
    """What is known of one session."""

    def __init__(self):
        self.octets = dict.fromkeys(("client_said", "client_heard", "server_said", "server_heard"), 0)
        self.reached_server = self.is_broken = False

    def add(self, what, octets):
        self.octets[what] += octets

    def reach(self):
        self.reached_server = True


class Peers:
    """The accounts of all sessions."""

    account_type = Account

    def __init__(self):
        self.accounts, self.broken = {}, 0

    def account(self, token):
        if token not in self.accounts:
            self.accounts[token] = self.account_type()
        return self.accounts[token]

    def known_to_servers(self):
        return {token for token, account in self.accounts.items() if account.reached_server}

    @staticmethod
    def token(session):
        """The token of a session as MailTap tells it; None for one that was broken off before it was said."""
        for exchange in session["exchanges"][:3]:
            if (command := exchange["command"]) and (match := TOKEN.match(command["line"])):
                return match[1].replace(".example", "")
        return None

    def differences(self, token, octets):
        account = self.accounts.get(token)
        if account is None:
            return [f"{token} was never said"]
        wrong = []
        for side, peer in (("client", "server"), ("server", "client")):
            said, heard = account.octets[f"{side}_said"], account.octets[f"{peer}_heard"]
            # What a reset or a kill threw away on its way may be recorded or not; all else is there to the octet.
            low, high = (heard, max(said, heard)) if account.is_broken else (said, said)
            if not low <= octets[side] <= high:
                wrong.append(f"{token}: {octets[side]} octets of the {side} recorded, {said} said, {heard} heard")
        return wrong


def reset(writer):
    """Aborts a connection with RST, where it is not gone already."""
    if sock := writer.get_extra_info("socket"):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Server:
    """An SMTP or POP3 server that takes and gives mail; breaks a session off where its token says so."""

    def __init__(self, peers, scheme, context):
        self.peers, self.scheme, self.context = peers, scheme, context

    async def start(self, listener=None):
        """Listens on a port of its own, or on a socket that listens already."""
        listener = listener or socket.create_server(("127.0.0.1", 0), backlog=512)
        self.server = await asyncio.start_server(self.serve, sock=listener, ssl=self.context)
        self.port = listener.getsockname()[1]
        return self

    def close(self):
        self.server.close()

    async def serve(self, reader, writer):
        early, account = [0, 0], None

        def say(octets):
            if account:
                account.add("server_said", len(octets))
            else:
                early[0] += len(octets)
            writer.write(octets)

        async def line():
            octets = await reader.readuntil(b"\n")
            if account:
                account.add("server_heard", len(octets))
            else:
                early[1] += len(octets)
            return octets

        try:
            say(b"220 soak\r\n" if self.scheme.startswith("smtp") else b"+OK soak\r\n")
            while True:
                command = await line()
                if match := TOKEN.match(command.decode()):
                    account = self.peers.account(match[1])
                    account.reach()
                    account.add("server_said", early[0])
                    account.add("server_heard", early[1])
                verb = command[:4].upper()
                if verb == b"DATA":
                    say(b"354 go\r\n")
                    while await line() != b".\r\n":
                        pass
                    say(b"250 taken\r\n")
                elif verb == b"RETR":
                    say(b"+OK\r\n" + b"Subject: soak\r\n\r\n" + b"a line of the mail\r\n" * int(command[5:]) + b".\r\n")
                elif verb == b"XRST":
                    reset(writer)
                    return
                elif verb == b"XEND":
                    break
                elif verb == b"QUIT":
                    say(b"221 bye\r\n" if self.scheme.startswith("smtp") else b"+OK bye\r\n")
                    break
                else:
                    say(b"250 ok\r\n" if self.scheme.startswith("smtp") else b"+OK\r\n")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        writer.close()


class Client:
    """One session. `fate` in 0..<1 says how it goes: below 1/6 it is broken off; `pace` are seconds between commands."""

    def __init__(self, peers, number, scheme, port, fate, pace=0):
        self.peers, self.scheme, self.port, self.fate, self.pace = peers, scheme, port, fate, pace
        self.token, self.size = f"soak-{number}", 1 + int(fate * 1000) % 97 * 8
        self.account = peers.account(self.token)

    async def say(self, octets, multiline=False):
        self.account.add("client_said", len(octets))
        self.writer.write(octets)
        await self.writer.drain()
        await self.hear(multiline)
        if self.pace:
            await asyncio.sleep(self.pace)

    async def hear(self, multiline=False):
        while True:
            line = await self.reader.readuntil(b"\n")
            self.account.add("client_heard", len(line))
            if not multiline or line == b".\r\n":
                return

    async def run(self):
        kind = int(self.fate * 24) if self.fate < 1 / 6 else 4
        self.account.is_broken |= kind < 4
        self.peers.broken += kind < 4
        context = None
        if self.scheme.endswith("s"):
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=context)
            await self.hear()
            if self.scheme.startswith("smtp"):
                await self.say(f"EHLO {self.token}.example\r\n".encode())
                await self.say(b"MAIL FROM:<a@soak.example>\r\n")
                await self.say(b"RCPT TO:<b@soak.example>\r\n")
                await self.say(b"DATA\r\n")
                body = b"Subject: soak\r\n\r\n" + b"a line of the mail\r\n" * self.size
                if kind == 0:
                    self.part(body)
                await self.say(body + b".\r\n")
            else:
                await self.say(f"USER {self.token}\r\n".encode())
                await self.say(b"PASS 0123456789\r\n")
                await self.say(b"STAT\r\n")
                if kind == 0:
                    self.part(b"LIST")
                await self.say(f"RETR {self.size}\r\n".encode(), multiline=True)
            if kind == 1:
                self.writer.close()
                return
            await self.say({2: b"XRST\r\n", 3: b"XEND\r\n"}.get(kind, b"QUIT\r\n"))
            while rest := await self.reader.read(65536):
                self.account.add("client_heard", len(rest))
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError, Broken):
            pass
        finally:
            if hasattr(self, "writer"):
                self.writer.close()

    def part(self, octets):
        """Says a part and resets the connection."""
        self.account.add("client_said", len(octets))
        self.writer.write(octets)
        reset(self.writer)
        raise Broken


class Broken(Exception):
    """The client broke its session off."""
