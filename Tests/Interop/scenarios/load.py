"""What the proxy does under much and under long: its memory stays flat, and it outlives the end of its descriptors."""

import contextlib
import json
import resource
import signal
import socket
import threading
import urllib.request

import mailtap
from mailtap import Proxy

# Peak resident memory that the proxy may have, in MiB, whatever one session does. The lower bound of it is the program
# itself with its libraries; 8 MiB wait for the recorder at most, and each leg buffers up to a MiB.
MEMORY = 120
BLOCK = b"a line of sixty-four octets, which is what a mail might well have\r\n" * 1024


def peak(process):
    """Peak resident memory in MiB."""
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def resident(process):
    """Resident memory in MiB, now."""
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def limited(megabytes):
    """What a child does before it runs, so that it has no more address space than this (RLIMIT_AS)."""
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


@contextlib.contextmanager
def server(serve):
    """Runs `serve(connection)` for each connection; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=guarded, args=(connection,), daemon=True).start()

    def guarded(connection):
        with contextlib.suppress(OSError), connection:
            serve(connection)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def sink(connection):
    """An SMTP server of one reply to everything, which counts what it is sent."""
    connection.sendall(b"220 sink\r\n")
    while got := connection.recv(1 << 18):
        if got.endswith(b"DATA\r\n"):
            connection.sendall(b"354 go\r\n")
        elif got.endswith((b"x\r\n", b"\r\n.\r\n")):
            connection.sendall(b"250 ok\r\n")
        elif got.endswith(b"QUIT\r\n"):
            connection.sendall(b"221 bye\r\n")
            return


def talk(at, send, wrap=lambda client: client):
    """A session that does what `send` does; gives the answer to QUIT. `wrap` may put TLS around the connection."""
    with wrap(socket.create_connection(at, timeout=120)) as client, client.makefile("rb") as heard:
        heard.readline()
        send(client, heard)
        client.sendall(b"QUIT\r\n")
        return heard.readline()


def message(megabytes):
    def send(client, heard):
        client.sendall(b"DATA\r\n")
        heard.readline()
        for _ in range(megabytes * 15):
            client.sendall(BLOCK)
        client.sendall(b".\r\n")
        heard.readline()
    return send


def line(megabytes):
    def send(client, heard):
        for _ in range(megabytes):
            client.sendall(b"x" * (1 << 20))
        client.sendall(b"x\r\n")
        heard.readline()
    return send


# What may be on while octets pass; `--record` is followed by the recording.
OUTPUTS = [["-q", "--record"], ["--format", "ndjson"], []]


def memory(checks, bench, megabytes=200, outputs=OUTPUTS, address_space=1024):
    """A large message and an endless line pass whole; memory stays where it was. With every output on."""
    for name, send in (("a message", message(megabytes)), ("a line", line(megabytes))):
        recording = bench.work / "large.mailtap"
        with server(sink) as port:
            for options in outputs:
                more = [recording] if options[-1:] == ["--record"] else []
                with Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, *options, *more,
                           preexec_fn=limited(address_space)) as proxy:
                    said = talk(proxy.at["smtp"], send)
                    shown = " ".join(options) or "the transcript"
                    checks.equal(f"{name} of {megabytes} MB goes through with {shown}", said, b"221 bye\r\n")
                    used = peak(proxy.process)
                    checks.holds(f"and takes less than {MEMORY} MiB", used < MEMORY, f"{used:.0f} MiB")
                    print(f"        {used:.0f} MiB")
        listed = mailtap.run("list", recording, "--format", "json", timeout=300).json()
        checks.holds("the recording has all of it", listed[-1]["bytes"]["client"] > megabytes * 10**6, listed)
        recording.unlink()


def maildrop(checks, bench, count=100_000):
    """LIST and UIDL of a large maildrop."""
    listing = b"".join(b"%d 1234\r\n" % n for n in range(1, count + 1)) + b".\r\n"

    def serve(connection):
        connection.sendall(b"+OK pop\r\n")
        while got := connection.recv(4096):
            quits = got.startswith(b"QUIT")
            connection.sendall(b"+OK\r\n" + (b"" if quits else listing))
            if quits:
                return

    recording = bench.work / "maildrop.mailtap"
    with server(serve) as port:
        with Proxy({"pop3": f"pop3://127.0.0.1:{port}"}, "--format", "ndjson", "--record", recording,
                   preexec_fn=limited(1024)) as proxy:
            with socket.create_connection(proxy.at["pop3"], timeout=60) as client, client.makefile("rb") as heard:
                heard.readline()
                for verb in (b"LIST", b"UIDL"):
                    client.sendall(verb + b"\r\n")
                    heard.readline()
                    while heard.readline() != b".\r\n":
                        pass
                client.sendall(b"QUIT\r\n")
                heard.readline()
            session, = proxy.wait_sessions(1)
            checks.equal("all lines of LIST and UIDL are told",
                         [len(e.get("data") or []) for e in session["exchanges"][1:3]], [count, count])
            used = peak(proxy.process)
            checks.holds("and take less than 250 MiB", used < 250, f"{used:.0f} MiB")


def many(checks, bench, sessions=1000):
    """A storm of connections is served, each of them, and counted."""
    with server(sink) as port, Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, "-q", "--metrics", "0",
                                     "--record", bench.work / "many.mailtap") as proxy:
        clients = [socket.create_connection(proxy.at["smtp"], timeout=60) for _ in range(sessions)]
        checks.equal("each is greeted", {client.recv(100) for client in clients}, {b"220 sink\r\n"})
        proxy.wait(lambda: "metrics at " in proxy.error_text)
        url = proxy.error_text.split("metrics at ")[1].split()[0]

        def gauges():
            text = urllib.request.urlopen(url, timeout=10).read().decode()
            return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

        proxy.wait(lambda: gauges()["mailtap_sessions_open"] == str(sessions))
        checks.equal("the metrics tell how many are open", gauges()["mailtap_sessions_open"], str(sessions))
        for client in clients:
            client.sendall(b"QUIT\r\n")
        for client in clients:
            client.close()
        ended = 'mailtap_sessions_total{protocol="smtp",ending="quit"}'
        proxy.wait(lambda: gauges().get(ended) == str(sessions))
        checks.equal("and how they ended", (gauges().get(ended), gauges()["mailtap_sessions_open"]), (str(sessions), "0"))
        checks.equal("the service is well", urllib.request.urlopen(url.replace("metrics", "healthz")).read(), b"ok\n")
        checks.equal("it ends with 0", proxy.stop(), 0)
    checks.equal("all are in the recording", len(mailtap.analyze(bench.work / "many.mailtap")), sessions)


def descriptors(checks, bench, limit=96):
    """Where descriptors run out, connections wait; one warning; it goes on by itself."""
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    with server(sink) as port, Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, "-q", preexec_fn=few) as proxy:
        clients = [socket.create_connection(proxy.at["smtp"], timeout=60) for _ in range(limit)]
        proxy.wait(lambda: "ulimit -n" in proxy.error_text)
        checks.holds("a warning says what is short", "ulimit -n" in proxy.error_text, proxy.error_text)
        heard = []
        for client in clients:
            heard.append(client.recv(100))
            client.sendall(b"QUIT\r\n")
            client.close()
        checks.equal("every one is served in its turn", set(heard), {b"220 sink\r\n"})
        checks.holds("it was said for the whole crowd, not for each", proxy.error_text.count("ulimit -n") < 5,
                     proxy.error_text)
        checks.equal("it ends with 0", proxy.stop(), 0)


def rotating(checks, bench):
    """A set of recordings reads as one; SIGHUP begins a new file; only the newest are kept."""
    recording = bench.work / "tap.mailtap"

    def files():
        return sorted(bench.work.glob("tap-*.mailtap"))

    with server(sink) as port, Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, "-q", "--record", recording,
                                     "--rotate", "1h", "--keep", "3") as proxy:
        long = socket.create_connection(proxy.at["smtp"], timeout=60)
        long.recv(100)
        for number in range(2, 6):
            talk(proxy.at["smtp"], lambda client, heard: None)
            proxy.wait(lambda: len(mailtap.analyze(files()[-1])) >= 1)
            proxy.process.send_signal(signal.SIGHUP)
            if not proxy.wait(lambda: files()[-1].name.startswith(f"tap-{number:06}"), 5):
                checks.fail(f"SIGHUP begins file {number}", files())
        long.sendall(b"QUIT\r\n")
        long.recv(100)
        long.close()
        checks.equal("it ends with 0", proxy.stop(), 0)
    names = [path.name[:10] for path in files()]
    # The first is kept while its session runs, though three are newer.
    checks.equal("the newest files and the one in use are kept", names,
                 ["tap-000001", "tap-000003", "tap-000004", "tap-000005"])
    listed = mailtap.run("list", *files(), "--format", "json").json() if files() else []
    checks.holds("list tells the sessions of all files, numbered through",
                 [s["session"] for s in listed] == list(range(1, len(listed) + 1)) and len(listed) >= 4,
                 json.dumps(listed)[:500])
    checks.equal("the long session is whole in the file where it began", mailtap.analyze(files()[0])[0]["ending"], "quit")
