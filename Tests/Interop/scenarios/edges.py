"""Where things end: silence, a disk that is really full, a reader that goes away, two inputs that differ."""

import json
import signal
import socket
import subprocess
import time

import dialogues
import mailtap
from account import by_client
from mailtap import Proxy, analyze
from wire import SMTP


def _route(bench):
    return {"smtp": f"smtp://127.0.0.1:{bench.servers.ports['smtp']}"}


def silence(checks, bench):
    """--idle-timeout ends a session in which nothing is said; without it none is ended."""
    recording = bench.work / "idle.mailtap"
    with Proxy(_route(bench), "--format", "ndjson", "--record", recording, "--idle-timeout", "300ms") as proxy:
        wire = SMTP(*proxy.at["smtp"])
        wire.command("EHLO client.example")
        session = next(iter(proxy.wait_sessions(1, 5)), None)
        checks.equal("a silent session ends with a timeout", session and session["ending"], "timeout")
        wire.until_close()
        wire.socket.close()
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
    checks.equal("and so it is recorded", [s["ending"] for s in analyze(recording)], ["timeout"])


def no_space(checks, bench):
    """ENOSPC, as it really comes: recording ends loudly, mail goes on, what was cut says so."""
    mount = bench.work / "tiny"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)], capture_output=True).returncode:
        print("  no tmpfs may be mounted here")
        return
    try:
        recording = mount / "full.mailtap"
        with Proxy(_route(bench), "-q", "--record", recording) as proxy:
            at = dialogues.At(bench.servers, proxy.at)
            wires = [wire for _ in range(15) for wire in dialogues.smtp_several_mails(at)]
            checks.equal("mail goes on", [w.messages[-1]["accepted"] for w in wires], [True] * len(wires))
            said = lambda: [l for l in proxy.error_text.splitlines() if not l.startswith("listening")]
            proxy.wait(said, 5)
            checks.holds("a loud error names the recording and the reason",
                         any(str(recording) in l and "No space left" in l for l in said()), proxy.error_text)
            checks.equal("asked to end, it says with 74 that the recording is not whole", proxy.stop(), 74)
        result = mailtap.run("analyze", recording, "--format", "json")
        sessions = by_client(result.json())
        checks.holds("the first session is whole", len(sessions.get(wires[0].peer[1], {}).get("messages", [])) == 3,
                     result)
        refused = mailtap.run("proxy", f"0={_route(bench)['smtp']}", "-q", "--record", mount / "another", timeout=10)
        checks.holds("a recording that can't be begun: 73 or 74", refused.status in (73, 74) and refused.err, refused)
        out = mailtap.run("analyze", bench.recording, "-o", mount / "out.json", "--format", "json")
        checks.equal("a result that can't be written: 74", out.status, 74)
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def reader_gone(checks, bench):
    """The reader of the live transcript goes away: the proxy ends as when it is asked to."""
    process = subprocess.Popen([mailtap.EXECUTABLE, "proxy", f"0={_route(bench)['smtp']}"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=mailtap.environment())
    line = process.stderr.readline().decode()
    at = ("127.0.0.1", int(line.split(" ->")[0].rsplit(":", 1)[1]))
    process.stdout.close()
    with SMTP(*at) as wire:
        wire.command("EHLO client.example", "QUIT")
    try:
        checks.equal("a closed pipe ends the proxy with 0", process.wait(10), 0)
    except subprocess.TimeoutExpired:
        process.kill()
        checks.fail("a closed pipe ends the proxy with 0", "it runs on")
    for command in ("analyze", "list", "check", "export --format json", "export --format dialogue"):
        done = subprocess.run(["bash", "-c", f"'{mailtap.EXECUTABLE}' {command} '{bench.recording}' | head -c 1 >"
                               "/dev/null; exit ${PIPESTATUS[0]}"], capture_output=True, env=mailtap.environment())
        checks.holds(f"{command} | head: quiet", done.returncode == 0 and not done.stderr
                     or command == "check" and done.returncode in (0, 1) and not done.stderr,
                     (done.returncode, done.stderr))


def comparing(checks, bench):
    """diff and check by their exit statuses."""
    recording = bench.recording
    text = bench.work / "same.dialogue"
    mailtap.run("export", recording, "--format", "dialogue", "-o", text)
    same = mailtap.run("diff", recording, text)
    checks.holds("a recording and its dialogue file: no difference, 0", same.status == 0, same)
    octets = text.read_bytes()
    changed = bench.work / "changed.dialogue"
    changed.write_bytes(octets.replace(b"S: 354 ", b"S: 554 ", 1))
    checks.holds("the change was made", changed.read_bytes() != octets)
    differs = mailtap.run("diff", recording, changed)
    checks.holds("a changed status: a difference, 1", differs.status == 1 and "554" in differs.text, differs)
    checks.equal("a missing input: 66", mailtap.run("diff", recording, bench.work / "nowhere").status, 66)
    good = b"S: 220 mail.example.org\nC: EHLO client.example\nS: 250 mail.example.org\nC: QUIT\nS: 221 Bye\n"
    result = mailtap.run("check", "-", stdin=good)
    checks.holds("check, nothing wrong: 0", result.status == 0, result)
    bad = good.replace(b"250 mail.example.org", b"999 mail.example.org")
    result = mailtap.run("check", "-", "--fail-on", "note", stdin=bad)
    checks.holds("check, a reply code that is none: 1", result.status == 1 and result.out, result)
    for format in ("json", "ndjson"):
        result = mailtap.run("check", recording, "--format", format)
        checks.holds(f"check --format {format} is JSON", result.status in (0, 1) and all(
            json.loads(part) for part in ([result.out] if format == "json" else result.out.splitlines())), result)


def keeping_inputs(checks, bench):
    """No command harms what it reads."""
    recording = bench.work / "precious.mailtap"
    recording.write_bytes(bench.recording.read_bytes())
    before = recording.read_bytes()
    for command in (["analyze", recording, "-o", recording], ["export", recording, "--format", "json", "-o", recording],
                    ["export", recording, "--format", "pcapng", "-o", recording],
                    ["list", recording, "-o", recording], ["check", recording, "--format", "nonsense", "-o", recording],
                    ["check", recording, "-o", recording], ["diff", recording, recording, "-o", recording],
                    ["analyze", recording, "--record", recording]):
        result = mailtap.run(*command)
        checks.holds(f"{' '.join(a for a in map(str, command) if '/' not in a)} onto its own input: refused",
                     recording.read_bytes() == before and result.status in (64, 73), result)
        recording.write_bytes(before)
    # A recording that is being written can be read.
    growing = bench.work / "growing.mailtap"
    with Proxy(_route(bench), "-q", "--record", growing) as proxy:
        wire, = dialogues.smtp_plain(dialogues.At(bench.servers, proxy.at))
        proxy.wait(lambda: wire.peer[1] in by_client(analyze(growing)), 3)
        checks.equal("a recording that is being written is read", len(analyze(growing)), 1)
        checks.equal("SIGINT ends the proxy with 0", proxy.stop(signal.SIGINT), 0)


def busy_port(checks, bench):
    """A port that is taken: said, with the route's name, and nothing is left listening."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = mailtap.run("proxy", f"{port}={_route(bench)['smtp']}", timeout=10)
    checks.holds("a port that is taken: 73 and a reason", result.status == 73 and str(port).encode() in result.err, result)
