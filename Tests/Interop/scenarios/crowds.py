"""Many clients at once, slow ones and silent servers, with a bound on the proxy's address space."""

import json
import signal
import socket
import time

import crowd
import mailtap
from mailtap import Proxy
from scenarios.load import limited, peak, resident

# MiB of address space that the proxy may have in these scenarios; a proxy at rest takes some 500, most of it reserved for
# stacks and never touched.
ADDRESS_SPACE = 1024


def _clients(at, count, timeout=120):
    """Connections from so many clients, a thousand to each loopback address, so that ports suffice."""
    clients = []
    for number in range(count):
        source = (f"127.0.1.{1 + number // 1000}", 0)
        clients.append(socket.create_connection(at, timeout=timeout, source_address=source))
    return clients


def _close(clients):
    for client in clients:
        client.close()


def idle(checks, bench, most=10_000, each=16):
    """Ten thousand connections that say nothing, or as many as the limit of open files allows."""
    count = min(most, (crowd.raise_descriptors() - 300) // 2)
    recording = bench.work / "idle-crowd.mailtap"
    with crowd.server() as port, Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, "-q", "--record", recording,
                                       preexec_fn=limited(ADDRESS_SPACE)) as proxy:
        before = resident(proxy.process)
        clients = _clients(proxy.at["smtp"], count)
        checks.equal(f"each of {count} is greeted", {client.recv(100) for client in clients}, {crowd.GREETING})
        time.sleep(2)
        used = (resident(proxy.process) - before) * 1024 / count
        checks.holds(f"one takes less than {each} KiB", used < each, f"{used:.1f} KiB")
        print(f"        {used:.1f} KiB each, {peak(proxy.process):.0f} MiB in all")
        sample = clients[::97]
        for client in sample:
            client.sendall(b"NOOP\r\n")
        checks.equal("and is served when it speaks", {client.recv(100) for client in sample}, {crowd.TAKEN})
        _close(clients)
        checks.equal("it ends with 0", proxy.stop(), 0)
    checks.equal("all are in the recording", len(_listed(recording)), count)


def storm(checks, bench, count=4000):
    """Connections that come while the proxy can't accept wait in its backlog, and each is served."""
    recording = bench.work / "storm.mailtap"
    with crowd.server() as port, Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, "-q", "--record", recording,
                                       preexec_fn=limited(ADDRESS_SPACE)) as proxy:
        proxy.process.send_signal(signal.SIGSTOP)
        clients = _clients(proxy.at["smtp"], count)
        for client in clients:
            client.sendall(b"NOOP\r\n")
        proxy.process.send_signal(signal.SIGCONT)
        heard = set()
        for client in clients:
            with client.makefile("rb") as lines:
                heard.add((lines.readline(), lines.readline()))
        checks.equal(f"each of {count} is served", heard, {(crowd.GREETING, crowd.TAKEN)})
        _close(clients)
        checks.equal("it ends with 0", proxy.stop(), 0)
    checks.equal("all are in the recording", len(_listed(recording)), count)


def drip(checks, bench, count=300, seconds=45):
    """Clients that send an octet a second."""
    with crowd.server() as port, Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, "-q", "--record", bench.work / "drip.mailtap",
                                       preexec_fn=limited(ADDRESS_SPACE)) as proxy:
        clients = _clients(proxy.at["smtp"], count)
        for client in clients:
            client.recv(100)
        sizes, command = [], b"NOOP\r\n"
        for second in range(seconds):
            for client in clients:
                client.sendall(command[second % len(command):][:1])
            time.sleep(1)
            sizes.append(resident(proxy.process))
        early, late = sizes[seconds // 3], sizes[-1]
        checks.holds("memory is flat", late < early + 4, f"{early:.1f} then {late:.1f} MiB")
        print(f"        {early:.1f} MiB after {seconds // 3} s, {late:.1f} after {seconds}")
        checks.equal("each line is answered", {client.recv(1000) for client in clients},
                     {crowd.TAKEN * (seconds // len(command))})
        _close(clients)
        checks.equal("it ends with 0", proxy.stop(), 0)


def mute(checks, bench, count=500, megabytes=100, most=100):
    """A server that never says a word: clients that wait, one that sends all the same, and the end of it all."""
    recording = bench.work / "mute.mailtap"
    with crowd.server("mute") as port, Proxy(
            {"smtp": f"smtp://127.0.0.1:{port}"}, "-q", "--idle-timeout", "5s", "--metrics", "0", "--record", recording,
            preexec_fn=limited(ADDRESS_SPACE)) as proxy:
        clients = _clients(proxy.at["smtp"], count)
        for client in clients:
            client.sendall(b"EHLO client.example\r\n")
        block = b"a line that nobody answers\r\n" * 4096
        for _ in range(megabytes * 10**6 // len(block)):
            clients[0].sendall(block)
        checks.equal("--idle-timeout ends each, and the client is told", {client.recv(100) for client in clients}, {b""})
        used = peak(proxy.process)
        checks.holds(f"they and {megabytes} MB take less than {most} MiB", used < most, f"{used:.0f} MiB")
        print(f"        {used:.0f} MiB")
        _close(clients)
        checks.equal("it ends with 0", proxy.stop(), 0)
    listed = _listed(recording)
    checks.equal("so it is recorded", [s["ending"] for s in listed].count("timeout"), count)
    checks.holds("with all that was sent", sum(s["bytes"]["client"] for s in listed) > megabytes * 0.99 * 10**6)


def _listed(recording):
    result = mailtap.run("list", recording, "--format", "ndjson", timeout=300)
    return [json.loads(line) for line in result.out.splitlines()]
