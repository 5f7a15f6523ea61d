"""The two ends of the soak's sessions; both count what they said and heard, by the session's token.

A token stands in the first thing that a client says (`EHLO soak-7.example`, `USER soak-7`), so that client, server and
recording can be brought together.
"""

import asyncio
import re
import socket
import ssl
import struct

TOKEN = re.compile(r"^(?:EHLO|USER) (soak--?\d+)")


class Account:
    """What is known of one session."""

    def __init__(self):
        self.client_said = self.client_heard = self.server_said = self.server_heard = 0
        self.reached_server = self.is_broken = False


class Peers:
    """The accounts of all sessions."""

    def __init__(self):
        self.accounts, self.broken = {}, 0

    def account(self, token):
        return self.accounts.setdefault(token, Account())

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
        for side, said, heard in (("client", account.client_said, account.server_heard),
                                  ("server", account.server_said, account.client_heard)):
            # What a reset threw away on its way may be recorded or not; all else is there to the octet.
            low, high = (heard, said) if account.is_broken else (said, said)
            if not low <= octets[side] <= high:
                wrong.append(f"{token}: {octets[side]} octets of the {side} recorded, {said} said, {heard} heard")
        return wrong


def reset(writer):
    """Aborts a connection with RST."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Server:
    """An SMTP or POP3 server that takes and gives mail; breaks a session off where its token says so."""

    def __init__(self, peers, scheme, context):
        self.peers, self.scheme, self.context = peers, scheme, context

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.context, backlog=512)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def close(self):
        self.server.close()

    async def serve(self, reader, writer):
        early, account = [0, 0], None

        def say(octets):
            writer.write(octets)
            if account:
                account.server_said += len(octets)
            else:
                early[0] += len(octets)

        async def line():
            octets = await reader.readuntil(b"\n")
            if account:
                account.server_heard += len(octets)
            else:
                early[1] += len(octets)
            return octets

        try:
            say(b"220 soak\r\n" if self.scheme.startswith("smtp") else b"+OK soak\r\n")
            while True:
                command = await line()
                if match := TOKEN.match(command.decode()):
                    account = self.peers.account(match[1])
                    account.reached_server = True
                    account.server_said += early[0]
                    account.server_heard += early[1]
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
    """One session. `fate` in 0..<1 says how it goes: below 1/6 it is broken off."""

    def __init__(self, peers, number, scheme, port, fate):
        self.peers, self.scheme, self.port, self.fate = peers, scheme, port, fate
        self.token, self.size = f"soak-{number}", 1 + int(fate * 1000) % 97 * 8
        self.account = peers.account(self.token)

    async def say(self, octets, multiline=False):
        self.writer.write(octets)
        self.account.client_said += len(octets)
        await self.writer.drain()
        await self.hear(multiline)

    async def hear(self, multiline=False):
        while True:
            line = await self.reader.readuntil(b"\n")
            self.account.client_heard += len(line)
            if not multiline or line == b".\r\n":
                return

    async def run(self):
        kind = int(self.fate * 24) if self.fate < 1 / 6 else 4
        self.account.is_broken = kind < 4
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
                self.account.client_heard += len(rest)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError, Broken):
            pass
        finally:
            if hasattr(self, "writer"):
                self.writer.close()

    def part(self, octets):
        """Says a part and resets the connection."""
        self.writer.write(octets)
        self.account.client_said += len(octets)
        reset(self.writer)
        raise Broken


class Broken(Exception):
    """The client broke its session off."""
