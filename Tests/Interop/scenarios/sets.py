"""A set of rotated recordings reads as one file does, with sessions that went on while the files changed."""

import json
import socket

import mailtap
from mailtap import Proxy
from scenarios.load import server, sink


def run(checks, bench, short=120, long=6):
    recording = bench.work / "set.mailtap"
    with server(sink) as port, Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, "-q", "--record", recording,
                                     "--rotate", "16K") as proxy:
        spanning = [socket.create_connection(proxy.at["smtp"], timeout=60) for _ in range(long)]
        for client in spanning:
            client.recv(100)
        for number in range(short):
            with socket.create_connection(proxy.at["smtp"], timeout=60) as client:
                client.recv(100)
                _say(client, b"DATA\r\n", b"Subject: %d\r\n\r\n" % number + b"a line\r\n" * 20 + b".\r\n", b"QUIT\r\n")
            if number % 10 == 0:
                _say(spanning[number // 10 % long], b"NOOP x\r\n")
        for client in spanning:
            _say(client, b"QUIT\r\n")
            client.close()
        checks.equal("it ends with 0", proxy.stop(), 0)
    files = sorted(bench.work.glob("set-*.mailtap"))
    checks.holds("there are several files", len(files) > 3, files)
    one = bench.work / "set-in-one-file.mailtap"
    one.write_bytes(b"".join(path.read_bytes() for path in files))
    for command in (["list"], ["analyze"], ["export"]):
        of_set, of_one = (_sessions(mailtap.run(*command, *inputs, "--format", "json")) for inputs in (files, [one]))
        checks.equal(f"{command[0]} tells as many sessions of the set", len(of_set), short + long)
        checks.holds("and the same of each as of one file", of_set == of_one,
                     [pair for pair in zip(of_set.values(), of_one.values()) if pair[0] != pair[1]][:1])
    spans = [s for s in mailtap.analyze(*files) if len(s["exchanges"]) > 2 and not s["messages"]]
    checks.equal("a session that went on while files changed is one session, whole",
                 [(s["ending"], len(s["exchanges"])) for s in spans], [("quit", 4)] * long)
    numbers = [s["session"] for s in mailtap.analyze(*files)]
    checks.equal("numbers go through", numbers, list(range(1, short + long + 1)))
    messages = bench.work / "set-messages"
    exported = mailtap.run("export", *files, "--format", "eml", "-o", messages)
    checks.equal("export writes the messages of all files", len(list(messages.glob("*.eml"))), short)
    checks.equal("and ends with 0", exported.status, 0)


def _say(client, *lines):
    """Says each line when the one before was answered."""
    for line in lines:
        client.sendall(line)
        client.recv(100)


def _sessions(result):
    """The sessions by the client's port, without what the place of a session in its input says."""
    sessions = {}
    for session in result.json():
        for field in ("session", "source"):
            session.pop(field, None)
        client = session["client"]
        sessions[client["port"] if isinstance(client, dict) else client] = json.dumps(session, sort_keys=True)
    return dict(sorted(sessions.items()))
