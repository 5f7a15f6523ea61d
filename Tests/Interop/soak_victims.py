"""Ends of the soak's sessions that live in processes of their own, to be killed in the midst of what they do.

    soak_victims.py client SCHEME PORT FIRST_NUMBER      # sessions one after another, several at a time
    soak_victims.py server SCHEME DESCRIPTOR [CERT KEY]  # serves on a socket that listens already

Each tells its account on standard output, a line for each entry, written whole before the next step: what the process
told before it was killed is there to read.
"""

import asyncio
import os
import random
import signal
import socket
import ssl
import subprocess
import sys

from soak_peers import Account, Client, Peers, Server


class ToldAccount(Account):
    """An account that tells its entries."""

    token = ""

    def add(self, what, octets):
        os.write(1, f"{self.token} {what} {octets}\n".encode())

    def reach(self):
        os.write(1, f"{self.token} reached\n".encode())


class ToldPeers(Peers):
    """Accounts that are kept by whoever reads them."""

    account_type = ToldAccount

    def account(self, token):
        account = super().account(token)
        account.token = token
        return account


class Victim:
    """One such process, seen from the one that kills it."""

    def __init__(self, peers, arguments, descriptor=None):
        self.peers, self.rest = peers, b""
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            pass_fds=[] if descriptor is None else [descriptor])
        os.set_blocking(self.process.stdout.fileno(), False)

    def read(self):
        """Enters what was told since; call it often, for a full pipe stops the process."""
        while told := self.process.stdout.read(1 << 16):
            *lines, self.rest = (self.rest + told).split(b"\n")
            for line in lines:
                token, what, *octets = line.decode().split()
                account = self.peers.account(token)
                account.is_broken = True
                if what == "reached":
                    account.reach()
                else:
                    account.add(what, int(octets[0]))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.read()
        self.process.stdout.close()


async def run_clients(scheme, port, first):
    peers, chance = ToldPeers(), random.Random(first)

    async def one_after_another(start):
        for number in range(start, start + 10_000):
            await Client(peers, number, scheme, port, chance.random(), pace=0.02).run()

    await asyncio.gather(*(one_after_another(first + 10_000 * n) for n in range(5)))


async def run_server(scheme, descriptor, files):
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
    await Server(ToldPeers(), scheme, context).start(socket.socket(fileno=descriptor))
    await asyncio.Event().wait()


if __name__ == "__main__":
    role, scheme, number, *rest = sys.argv[1:]
    asyncio.run(run_clients(scheme, int(number), int(rest[0])) if role == "client"
                else run_server(scheme, int(number), rest))
