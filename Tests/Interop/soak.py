#!/usr/bin/env python3
"""Runs mixed mail traffic through a proxy for a while, breaks a part of the connections, and settles the account.

    soak.py [--mailtap PATH] [--minutes N] [--rate SESSIONS_PER_SECOND] [--seed N] [--keep]

SMTP and POP3 sessions, in clear and, where this proxy intercepts TLS, under it; one in six is broken off by a reset or
a close of either side. At the end every session that the servers saw is in the recording, with as many octets as were
said, the proxy's memory is flat and its descriptors are back to what they were. Exits with 1 where that is not so.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

from soak_peers import Client, Peers, Server

SCHEMES = ["smtp", "pop3"]
TLS_SCHEMES = ["smtps", "pop3s"]


def own_certificate(work):
    """A self-signed certificate for the servers."""
    key, cert = work / "key.pem", work / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


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


async def start_proxy(executable, work, routes, options):
    arguments = [f"0={scheme}://127.0.0.1:{port}" for scheme, port in routes.items()]
    log = open(work / "log", "wb")
    process = subprocess.Popen(
        [executable, "proxy", "-q", "--record", work / "soak.mailtap", "--rotate", "64M", *options, *arguments],
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


async def traffic(peers, ports, watch, minutes, rate, seed):
    chance = random.Random(seed)
    running, number = set(), 0
    end, start = time.monotonic() + minutes * 60, time.monotonic()
    next_sample = 0
    while (now := time.monotonic()) < end:
        if now >= next_sample:
            watch.sample()
            next_sample = now + 1
        while number < (now - start) * rate and len(running) < 200:
            number += 1
            scheme = chance.choice(list(ports))
            task = asyncio.create_task(Client(peers, number, scheme, ports[scheme], chance.random()).run())
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.sleep(0.01)
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
    helps = subprocess.run([executable, "proxy", "--help"], capture_output=True, text=True).stdout
    intercepts = "intercept" in helps
    schemes = SCHEMES + (TLS_SCHEMES if intercepts else [])
    peers = Peers()
    context = own_certificate(work) if intercepts else None
    routes, servers = {}, []
    for scheme in schemes:
        server = await Server(peers, scheme, context if scheme in TLS_SCHEMES else None).start()
        servers.append(server)
        routes[scheme] = server.port
    options = ["--upstream-insecure"] if intercepts else []
    process, ports = await start_proxy(executable, work, routes, options)
    watch = Watch(process.pid)
    # One session each first: what is opened once and kept (certificates, name lookups) is no leak.
    for index, scheme in enumerate(ports):
        await Client(peers, -1 - index, scheme, ports[scheme], 1).run()
    await asyncio.sleep(1)
    before = watch.descriptors()
    count = await traffic(peers, ports, watch, arguments.minutes, arguments.rate, arguments.seed)
    await asyncio.sleep(2)
    # A further recording is a further descriptor only while it has open sessions.
    after = watch.descriptors()
    alive = process.poll() is None
    process.send_signal(signal.SIGTERM)
    status = process.wait(30)
    for server in servers:
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
    print(f"{count} sessions over {', '.join(schemes)}, {peers.broken} of them broken off; {recorded} in "
          f"{len(recordings)} recordings of {size / 1e6:.0f} MB; memory {early:.1f} then {late:.1f} MiB; "
          f"descriptors {before} then {after}")
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
