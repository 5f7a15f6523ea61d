"""How a proxy starts, ends and is killed, and what it does when the server, the disk or a peer fails it."""

import resource
import shutil
import signal
import socket
import time

import dialogues
import mailtap
from account import account, by_client, differences
from mailtap import Proxy, analyze
from servers import free_ports
from wire import POP3, SMTP


def _route(bench, service="smtp"):
    scheme = "pop3" if service == "pop3" else "smtp"
    return {service: f"{scheme}://127.0.0.1:{bench.servers.ports[service]}"}


def killed(checks, bench):
    """kill -9 loses no session that ended a second and a half before; what comes after is appended."""
    recording = bench.work / "killed.mailtap"
    with Proxy(_route(bench), "-q", "--tls", "pass", "--record", recording) as proxy:
        at = dialogues.At(bench.servers, proxy.at)
        wires = [wire for dialogue in (dialogues.smtp_plain, dialogues.smtp_pipelined, dialogues.smtp_bdat)
                 for wire in dialogue(at)]
        running = at.smtp()
        running.command("EHLO client.example")
        time.sleep(1.6)
        proxy.kill()
    result = mailtap.run("analyze", recording, "--format", "json")
    checks.holds("a killed proxy's recording is read", result.status in (0, 65), result)
    sessions = by_client(result.json())
    for wire in wires:
        session = sessions.get(wire.peer[1])
        if checks.holds("a session that had ended is there", session):
            checks.none("and whole", differences(account(wire), session))
    checks.holds("the session that was running is there", running.peer[1] in sessions)
    # A torn tail: the last block is cut in its middle, as a kill during a write may leave it.
    with open(recording, "r+b") as file:
        file.truncate(recording.stat().st_size - 5)
    with Proxy(_route(bench), "-q", "--tls", "pass", "--record", recording) as proxy:
        more, = dialogues.smtp_plain(dialogues.At(bench.servers, proxy.at))
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
    sessions = by_client(analyze(recording))
    for wire in [*wires, more]:
        session = sessions.get(wire.peer[1])
        if checks.holds("after a torn tail: a session is there", session):
            checks.none("after a torn tail: and whole", differences(account(wire), session))


def ending(checks, bench):
    """SIGINT and SIGTERM: sessions get a few seconds, the recording is whole; a second signal ends at once."""
    recording = bench.work / "ending.mailtap"
    with Proxy(_route(bench), "-q", "--record", recording) as proxy:
        with SMTP(*proxy.at["smtp"]) as wire:
            wire.command("EHLO client.example")
            proxy.process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            wire.command("NOOP", "QUIT")  # a running session goes on for a while
        checks.equal("SIGINT with a session that ends: 0", proxy.ended(), 0)
    session, = analyze(recording)
    checks.none("the session is whole", differences(account(wire), session))

    recording = bench.work / "ending2.mailtap"
    with Proxy(_route(bench), "-q", "--record", recording) as proxy:
        wire = SMTP(*proxy.at["smtp"])
        wire.command("EHLO client.example")
        proxy.process.send_signal(signal.SIGTERM)
        refused = proxy.wait(lambda: not _accepts(proxy.at["smtp"]), 3)
        checks.holds("after SIGTERM nobody is let in", refused)
        proxy.process.send_signal(signal.SIGTERM)
        checks.holds("a second signal ends at once", proxy.ended(3) is not None)
    # The probes for the listener may be sessions of their own.
    session = by_client(analyze(recording))[wire.peer[1]]
    checks.equal("and the recording is whole", len(session["exchanges"]), len(wire.exchanges))
    wire.socket.close()

    recording = bench.work / "ending3.mailtap"
    with Proxy(_route(bench), "-q", "--record", recording) as proxy:
        wire = SMTP(*proxy.at["smtp"])
        wire.command("EHLO client.example")
        checks.equal("SIGTERM with a session that does not end: 0 after a few seconds", proxy.stop(seconds=20), 0)
    session, = analyze(recording)
    checks.equal("the session is recorded up to there", len(session["exchanges"]), len(wire.exchanges))
    checks.holds("and its ending says that it was cut", session["ending"] in ("killed", "open", "timeout"),
                 session["ending"])
    wire.socket.close()


def _accepts(at):
    """Whether a connection is taken and greeted."""
    try:
        with socket.create_connection(at, timeout=1) as connection:
            return bool(connection.recv(1))
    except OSError:
        return False


def transcript(checks, bench):
    """The live transcript comes line by line, while the session runs; nothing but it is on standard output."""
    with Proxy(_route(bench), "--color", "never") as proxy:
        with SMTP(*proxy.at["smtp"]) as wire:
            wire.command("EHLO client.example", "MAIL FROM:<carol@example.net>", "RCPT TO:<nobody@example.org>")
            shown = proxy.wait(lambda: "550 5.1.1" in proxy.text, 5)
            checks.holds("the refusal is shown before the session ends", shown, proxy.text)
            checks.holds("client lines are marked ` -> `", " -> RCPT TO:<nobody@example.org>" in proxy.text, proxy.text)
            checks.holds("server lines are marked `<-  `", "<-  250" in proxy.text or "<-  550" in proxy.text
                         or "<** 550" in proxy.text, proxy.text)
            wire.command("QUIT")
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
        checks.holds("no colours without a terminal", "\x1b" not in proxy.text, proxy.text)
        checks.holds("standard error holds no transcript", "RCPT TO" not in proxy.error_text, proxy.error_text)
    with Proxy(_route(bench), "-q") as proxy:
        with SMTP(*proxy.at["smtp"]) as wire:
            wire.command("QUIT")
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
        checks.equal("-q: nothing on standard output", proxy.text, "")
        checks.equal("-q: the listening line on standard error", len(proxy.listening), 1)


def unreachable(checks, bench):
    """A server that can't be reached: the client is told in its own protocol, the record says so."""
    nowhere = free_ports(["smtp", "pop3"])
    routes = {name: f"{name}://127.0.0.1:{port}" for name, port in nowhere.items()}
    recording = bench.work / "unreachable.mailtap"
    with Proxy(routes, "--format", "ndjson", "--record", recording) as proxy:
        with SMTP(*proxy.at["smtp"]) as smtp:
            checks.equal("SMTP client: 421", smtp.greeting["status"], "421")
        with POP3(*proxy.at["pop3"]) as pop3:
            checks.equal("POP3 client: -ERR", pop3.greeting["status"], "-ERR")
        sessions = proxy.wait_sessions(2)
        checks.equal("both sessions are printed", len(sessions), 2)
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
        checks.holds("standard error names the server", str(nowhere["smtp"]) in "".join(
            line for line in proxy.error_text.splitlines() if not line.startswith("listening")), proxy.error_text)
    checks.equal("both sessions are recorded", len(analyze(recording)), 2)


def strip(checks, bench):
    """--tls strip: the client does not see STARTTLS, and is refused where it asks all the same."""
    routes = {**_route(bench), **_route(bench, "pop3")}
    with Proxy(routes, "--tls", "strip", "--format", "ndjson") as proxy:
        with SMTP(*proxy.at["smtp"]) as smtp:
            smtp.command("EHLO client.example")
            seen = smtp.exchanges[-1]["reply"]["lines"]
            refused = smtp.command("STARTTLS")
            smtp.command("MAIL FROM:<carol@example.net>", "QUIT")
        checks.holds("SMTP: STARTTLS is hidden, the rest is not",
                     "STARTTLS" not in seen and "PIPELINING" in seen and "CHUNKING" in seen, seen)
        checks.equal("SMTP: STARTTLS is answered 502", refused["status"], "502")
        session = proxy.wait_sessions(1)[0]
        ehlo = next(e for e in session["exchanges"] if e["command"] and e["command"]["verb"] == "EHLO")
        checks.holds("the record holds the reply that the server sent", "STARTTLS" in ehlo["reply"]["lines"], ehlo)
        checks.holds("and what went on", ehlo["reply"].get("forwarded")
                     and "STARTTLS" not in str(ehlo["reply"]["forwarded"]), ehlo)
        asked = next(e for e in session["exchanges"] if e["command"] and e["command"]["verb"] == "STARTTLS")
        checks.equal("the command went nowhere", asked["command"].get("forwarded", "missing"), None)
        with POP3(*proxy.at["pop3"]) as pop3:
            pop3.command(("CAPA", "data"))
            seen = pop3.exchanges[-1]["data"]
            refused = pop3.command("STLS")
            pop3.command("QUIT")
        checks.holds("POP3: STLS is hidden, the rest is not", "STLS" not in seen and "TOP" in seen, seen)
        checks.equal("POP3: STLS is answered -ERR", refused["status"], "-ERR")


def full_disk(checks, bench):
    """A disk that takes no more ends recording with a loud error; relaying goes on; the rest can be read."""
    recording = bench.work / "full.mailtap"

    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    with Proxy(_route(bench), "-q", "--record", recording, preexec_fn=small, restore_signals=False) as proxy:
        at = dialogues.At(bench.servers, proxy.at)
        wires = []
        for _ in range(12):
            wires += dialogues.smtp_several_mails(at)
        checks.equal("mail goes on", [w.messages[-1]["accepted"] for w in wires], [True] * len(wires))
        proxy.wait(lambda: recording.name in proxy.error_text.split("\n", 1)[1], 5)
        checks.holds("a loud error names the recording", recording.name in proxy.error_text.split("\n", 1)[1],
                     proxy.error_text)
        checks.holds("it ends when asked", proxy.stop() is not None)
    result = mailtap.run("analyze", recording, "--format", "json")
    checks.holds("what was recorded can be read", result.status in (0, 65) and len(result.json()) >= 1, result)
    first = by_client(result.json()).get(wires[0].peer[1])
    checks.none("the first session is whole", differences(account(wires[0]), first) if first else ["it is missing"])


def demo(checks, bench):
    """The demonstration runs, here and from a copy that was moved away from the build."""
    moved = bench.work / "elsewhere" / "mailtap"
    moved.parent.mkdir()
    shutil.copy(mailtap.EXECUTABLE, moved)
    for name, executable in (("in place", None), ("moved", str(moved))):
        started = time.monotonic()
        result = mailtap.run("demo", executable=executable)
        checks.holds(f"demo, {name}: 0", result.status == 0, result)
        print(f"  demo, {name}: {time.monotonic() - started:.2f} s")
        checks.holds(f"demo, {name}: shows a dialogue", " -> " in result.text and "<-  " in result.text, result)
