"""Postfix and Dovecot over a link of our own that loses, doubles and reorders, bare and through VXLAN in fragments.

Captured at the client's host on the wire, inside the tunnel, and on all interfaces at once: the same dialogue each time.
"""

import contextlib
import subprocess

from account import account, differences
from dialogues import MESSAGE
from links import INNER, INNER6, OUTER, Dump, Link
from mailtap import analyze
from scenarios.synthetic import followed
from wire import POP3, SMTP, Content, Secret

LONG = MESSAGE + b"".join(b"line %d of a message that many packets carry\r\n" % n for n in range(4000))


def run(checks, bench):
    link = Link()
    try:
        link.__enter__()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"  no TUN or VXLAN devices here, so nothing is checked: {error}")
        return
    bench.work.chmod(0o777)  # tcpdump changes to another user
    smtp, pop = bench.servers.ports["smtp"], bench.servers.ports["pop3"]
    paths = {name: bench.work / f"link-{name}.pcap" for name in ("wire", "over", "any")}
    clients = []
    with contextlib.ExitStack() as stack:
        stack.push(link)
        for address in (OUTER[1], INNER[1], INNER6[1]):
            link.serve(address, smtp)
            link.serve(address, pop)
        for name, path in paths.items():
            stack.enter_context(Dump(link, name, path))
        for address in (OUTER[1], INNER[1], INNER6[1]):
            clients.append((address, link.inside(0, lambda: _send(address, smtp))))
            clients.append((address, link.inside(0, lambda: _fetch(address, pop))))
    for name, path in paths.items():
        wanted = [client for address, client in clients if name != "over" or address != OUTER[1]]
        sessions = analyze(path, "--reveal")
        if not checks.equal(f"{name}: sessions", len(sessions), len(wanted)):
            continue
        for client, session in zip(wanted, sessions):
            where = f"{name}: {session['protocol']} to {session['server']['address']}"
            checks.none(f"{where}, what the client said", differences(account(client), session, revealed=True))
            checks.equal(f"{where}, nothing is missing", session["bytes"]["client_missing"]
                         + session["bytes"]["server_missing"], 0)
    found = followed(paths["over"], 4, (smtp, pop))
    for address, client in clients:
        if address == OUTER[1]:
            continue
        said = found.get(client.peer[1], [b"", b""])
        if any(b"missing in capture file" in side for side in said):
            continue  # tshark's own trouble with large pieces
        checks.equal(f"tshark follows the same octets, {client.peer[1]}", said,
                     [bytes(client.sent), bytes(client.received)])


def _send(address, port):
    with SMTP(address, port) as client:
        client.command("EHLO client.example", "MAIL FROM:<carol@example.net>", "RCPT TO:<alice@example.org>", "DATA")
        client.flight(Content(LONG))
        client.command("QUIT")
    return client


def _fetch(address, port):
    with POP3(address, port) as client:
        client.command("USER alice", Secret("PASS wonderland-7", 5, "wonderland-7"), "STAT", ("RETR 1", "message"))
        client.command("QUIT")
    return client
