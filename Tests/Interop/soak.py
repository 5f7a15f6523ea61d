#!/usr/bin/env python3
"""Runs mixed mail traffic through a proxy for a while, breaks a part of the connections, and settles the account.

    soak.py [--mailtap PATH] [--minutes N] [--rate SESSIONS_PER_SECOND] [--seed N] [--keep]

SMTP and POP3 sessions, in clear and under TLS; one in six is broken off by a reset or a close of either side, and
clients and servers in processes of their own are killed (SIGKILL) every few seconds. At the end every session that the
servers saw is in the recording, with as many octets as were said, the proxy's memory is flat and its descriptors are
back to what they were. Exits with 1 where that is not so.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

from soak_peers import Client, Peers, Server
from soak_victims import Victim

SCHEMES = ["smtp", "pop3", "smtps", "pop3s"]
# Their servers are killed again and again.
MORTAL = ["smtp", "smtps"]
SECONDS_BETWEEN_KILLS = 5


def own_certificate(work):
    """A self-signed certificate for the servers: the files' paths and what `ssl` makes of them."""
    key, cert = work / "key.pem", work / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return [cert, key], context


class Mortal:
    """A server in a process of its own, which is killed and begins anew on the same socket."""

    def __init__(self, peers, scheme, files):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.peers, self.scheme = peers, scheme
        self.arguments = ["server", scheme, self.listener.fileno(), *(files if scheme.endswith("s") else [])]
        self.begin()

    def begin(self):
        self.victim = Victim(self.peers, self.arguments, self.listener.fileno())

    def close(self):
        self.victim.kill()
        self.listener.close()


class Reaper:
    """Kills ends of sessions in the midst of what they do, in turn a client's process and each mortal server's."""

    def __init__(self, peers, ports, mortals, chance):
        self.peers, self.ports, self.mortals, self.chance = peers, ports, mortals, chance
        self.due, self.kills, self.client = 0, 0, None

    def step(self, now):
        for victim in [mortal.victim for mortal in self.mortals] + ([self.client] if self.client else []):
            victim.read()
        if now < self.due:
            return
        self.due = now + self.chance.uniform(0.6, 1.4) * SECONDS_BETWEEN_KILLS
        if self.client:
            self.client.kill()
            self.client = None
            for mortal in self.mortals:
                mortal.victim.kill()
                mortal.begin()
            self.kills += 1 + len(self.mortals)
        else:
            scheme = self.chance.choice(SCHEMES)
            first = 1_000_000_000 + self.kills * 1_000_000
            self.client = Victim(self.peers, ["client", scheme, self.ports[scheme], first])

    def close(self):
        if self.client:
            self.client.kill()
            self.kills += 1


class Watch:
    """Samples of the proxy's resident memory (KiB) and number of descriptors."""

    def __init__(self, pid):
        self.pid, self.memory = pid, []

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def sample(self):
        with open(f"/proc/{self.pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        self.memory.append(int(fields["VmRSS"].split()[0]))

    def growth(self):
        """Medians of the second and of the last quarter, in MiB."""
        quarter = max(1, len(self.memory) // 4)
        early, late = self.memory[quarter:2 * quarter], self.memory[-quarter:]
        return statistics.median(early) / 1024, statistics.median(late) / 1024


async def start_proxy(executable, work, routes):
    # A key is a scheme, or `mortal` and a scheme.
    arguments = [f"0={name.split()[-1]}://127.0.0.1:{port}" for name, port in routes.items()]
    log = open(work / "log", "wb")
    process = subprocess.Popen(
        [executable, "proxy", "-q", "--record", work / "soak.mailtap", "--rotate", "64M", "--upstream-insecure",
         *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
        env=dict(os.environ, MAILTAP_HOME=str(work / "home")))
    ports = []
    for _ in range(400):
        lines = (work / "log").read_text().splitlines()
        ports = [int(line.split(" -> ")[0].rpartition(":")[2]) for line in lines if line.startswith("listening ")]
        if len(ports) == len(routes) or process.poll() is not None:
            break
        await asyncio.sleep(0.05)
    if len(ports) != len(routes):
        process.kill()
        sys.exit(f"the proxy does not listen: {(work / 'log').read_text()}")
    return process, dict(zip(routes, ports))


async def traffic(peers, ports, watch, reaper, minutes, rate, chance):
    running, number = set(), 0
    end, start = time.monotonic() + minutes * 60, time.monotonic()
    next_sample = 0
    while (now := time.monotonic()) < end:
        if now >= next_sample:
            watch.sample()
            next_sample = now + 1
        while number < (now - start) * rate and len(running) < 200:
            number += 1
            name = chance.choice(list(ports))
            scheme, is_mortal = name.split()[-1], name not in SCHEMES
            client = Client(peers, number, scheme, ports[name], chance.random(), pace=0.1 if is_mortal else 0)
            client.account.is_broken = is_mortal
            task = asyncio.create_task(client.run())
            running.add(task)
            task.add_done_callback(running.discard)
        reaper.step(now)
        await asyncio.sleep(0.01)
    reaper.close()
    if running:
        await asyncio.wait(running, timeout=60)
    watch.sample()
    return number


def settle(peers, executable, recordings):
    """What is wrong with the recordings, compared to what the peers know."""
    reader = subprocess.Popen([executable, "analyze", "--format", "ndjson", *recordings], stdout=subprocess.PIPE)
    wrong, seen = [], set()
    for line in reader.stdout:
        session = json.loads(line)
        token = peers.token(session)
        if token is None:
            continue
        if token in seen:
            wrong.append(f"{token} is there twice")
        seen.add(token)
        wrong += peers.differences(token, session["bytes"])
    if reader.wait() != 0:
        wrong.append(f"analyze ended with {reader.returncode}")
    missing = peers.known_to_servers() - seen
    return wrong + [f"{token} is missing" for token in sorted(missing)], len(seen)


async def soak(arguments, executable, work):
    peers, chance = Peers(), random.Random(arguments.seed)
    files, context = own_certificate(work)
    servers = [await Server(peers, scheme, context if scheme.endswith("s") else None).start() for scheme in SCHEMES]
    mortals = [Mortal(peers, scheme, files) for scheme in MORTAL]
    routes = {server.scheme: server.port for server in servers}
    routes |= {f"mortal {mortal.scheme}": mortal.port for mortal in mortals}
    process, ports = await start_proxy(executable, work, routes)
    watch, reaper = Watch(process.pid), Reaper(peers, ports, mortals, chance)
    # One session each first: what is opened once and kept (certificates, name lookups) is no leak.
    for index, name in enumerate(ports):
        await asyncio.wait_for(Client(peers, -1 - index, name.split()[-1], ports[name], 1).run(), 30)
    await asyncio.sleep(1)
    before = watch.descriptors()
    count = await traffic(peers, ports, watch, reaper, arguments.minutes, arguments.rate, chance)
    await asyncio.sleep(2)
    # A further recording is a further descriptor only while it has open sessions.
    after = watch.descriptors()
    alive = process.poll() is None
    process.send_signal(signal.SIGTERM)
    status = process.wait(30)
    for server in servers + mortals:
        server.close()
    recordings = sorted(str(path) for path in work.glob("soak-*.mailtap"))
    wrong, recorded = settle(peers, executable, recordings)
    if not alive or status != 0:
        wrong.append(f"the proxy ended with {status}: {(work / 'log').read_text()[-500:]}")
    if after != before:
        wrong.append(f"{after} descriptors at the end, {before} at the start")
    early, late = watch.growth()
    if late > early * 1.15 + 8:
        wrong.append(f"memory grew from {early:.1f} to {late:.1f} MiB")
    size = sum(os.path.getsize(path) for path in recordings)
    print(f"{count} sessions over {', '.join(SCHEMES)}, {peers.broken} of them broken off, and {reaper.kills} processes "
          f"killed; {recorded} sessions in {len(recordings)} recordings of {size / 1e6:.0f} MB; memory {early:.1f} then "
          f"{late:.1f} MiB; descriptors {before} then {after}")
    for line in wrong[:20]:
        print(f"WRONG {line}")
    print(f"{len(wrong)} wrong")
    return 1 if wrong or not recorded else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mailtap", default=".build/release/mailtap")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="mailtap-soak-"))
    try:
        return asyncio.run(soak(arguments, str(Path(arguments.mailtap).resolve()), work))
    finally:
        if arguments.keep:
            print(f"kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
