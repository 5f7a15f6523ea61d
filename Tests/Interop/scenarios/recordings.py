"""The recording of the dialogues: whole, readable by the tools of the field, free of secrets."""

import base64
import os
import shutil
import stat
import subprocess

import dialogues
import mailtap
from account import by_client, dialogue_of
from mailtap import Proxy, analyze
from servers import USERS


def run(checks, bench):
    recording = bench.recording
    sessions = analyze(recording)
    checks.equal("as many sessions as were live", len(sessions), len(bench.live))
    recorded = by_client(sessions)
    for label, _, _, live in bench.played:
        session = recorded.get(live["client"]["port"])
        if checks.holds(f"{label}: is in the recording", session):
            checks.equal(f"{label}: read back as it was live", dialogue_of(session), dialogue_of(live))
            same = ("client", "server", "bytes", "ending", "tls")
            checks.equal(f"{label}: endpoints, octets, ending, TLS as live", {k: session[k] for k in same},
                         {k: live[k] for k in same})
    checks.equal("numbered from 1", [s["session"] for s in sessions], list(range(1, len(sessions) + 1)))
    checks.equal("mode 0600", stat.S_IMODE(os.stat(recording).st_mode), 0o600)
    _tools(checks, bench, recording)
    if hasattr(bench, "clients_recording"):
        _tools(checks, bench, bench.clients_recording)
    _secrets(checks, bench)
    _appending(checks, bench)


def _tools(checks, bench, recording):
    """tshark, tcpdump and capinfos read it to its end without a word of complaint."""
    name = recording.name
    for command in (["tshark", "-r", recording, "-q"], ["tcpdump", "-n", "-q", "-r", recording],
                    ["capinfos", recording]):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60)
        # tshark warns about root, tcpdump names the file it reads.
        complaints = [line for line in done.stderr.splitlines()
                      if not line.startswith(("reading from file", "Running as user"))]
        checks.equal(f"{command[0]} reads {name} without a complaint", (done.returncode, complaints), (0, []))
    # Valid checksums, no lost or repeated octets, no malformed packet, in each conversation.
    done = subprocess.run(
        ["tshark", "-r", str(recording), "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y",
         "tcp.checksum.status==0 || ip.checksum.status==0 || tcp.analysis.lost_segment || tcp.analysis.retransmission"
         " || tcp.analysis.ack_lost_segment || tcp.analysis.out_of_order || _ws.malformed"],
        capture_output=True, text=True, timeout=60)
    checks.equal(f"tshark finds {name} flawless TCP", done.stdout.splitlines()[:5], [])


def commands(checks, bench):
    """tshark's own SMTP dissector sees the commands that MailTap saw."""
    ports = bench.servers.ports
    plain = {dialogues.smtp_plain, dialogues.smtp_refused_recipient, dialogues.smtp_several_mails}
    done = subprocess.run(
        ["tshark", "-r", str(bench.recording), "-d", f"tcp.port=={ports['smtp']},smtp", "-Y", "smtp.req.command",
         "-T", "fields", "-e", "tcp.srcport", "-e", "smtp.req.command"], capture_output=True, text=True, timeout=60)
    seen = {}
    for line in done.stdout.splitlines():
        port, command = line.split("\t")
        seen.setdefault(int(port), []).extend(command.upper().split(","))
    for label, dialogue, _, live in bench.played:
        if dialogue in plain:
            verbs = [e["command"]["verb"] for e in live["exchanges"] if e["command"]]
            checks.equal(f"{label}: tshark sees the same commands", seen.get(live["client"]["port"]),
                         [v for v in verbs if not v.startswith("*")])


def _secrets(checks, bench):
    """No password, in any of its forms, is in what was stored or printed."""
    secrets = {secret for _, _, account, _ in bench.played for secret in account["secrets"]}
    for user, password in USERS.items():
        secrets |= {password, base64.b64encode(password.encode()).decode()}
    # Base64 of a text is found in all three of its alignments.
    for password in USERS.values():
        for shift in range(3):
            secrets.add(base64.b64encode(b"x" * shift + password.encode()).decode()[4 if shift else 0:-4])
    secrets = {s.encode() for s in secrets if len(s) > 4}
    places = {"the recording": bench.recording.read_bytes(),
              "the live view": "".join(str(s) for s in bench.live).encode()}
    if hasattr(bench, "clients_recording"):
        places["the clients' recording"] = bench.clients_recording.read_bytes()
    for command in (["analyze", bench.recording], ["analyze", bench.recording, "--reveal", "--format", "json"],
                    ["list", bench.recording], ["export", bench.recording, "--format", "dialogue"],
                    ["export", bench.recording, "--format", "ndjson"]):
        result = mailtap.run(*command)
        places[" ".join(map(str, result.arguments[:1] + result.arguments[2:])) + "'s output"] = result.out + result.err
    for place, octets in places.items():
        checks.equal(f"no secret in {place}", [s for s in sorted(secrets) if s in octets], [])
    # With --keep-secrets they are there, which proves that the search above can find them.
    kept = bench.work / "kept.mailtap"
    with Proxy({"submission": f"submission://127.0.0.1:{bench.servers.ports['submission']}"}, "--tls", "pass", "-q",
               "--record", kept, "--keep-secrets") as proxy:
        wires = dialogues.smtp_auth_plain(dialogues.At(bench.servers, proxy.at))
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
    secret = wires[0].secrets[0]
    checks.holds("--keep-secrets stores them", secret.encode() in kept.read_bytes())
    checks.holds("views mask them all the same", secret not in mailtap.run("analyze", kept).text)
    checks.holds("--reveal shows them", secret in mailtap.run("analyze", kept, "--reveal").text)


def _appending(checks, bench):
    """An existing recording is appended to; anything else, and a second writer, is refused with 73."""
    recording = bench.work / "appended.mailtap"
    shutil.copy(bench.recording, recording)
    before = recording.read_bytes()
    route = {"smtp": f"smtp://127.0.0.1:{bench.servers.ports['smtp']}"}
    for more in (1, 2):
        with Proxy(route, "-q", "--record", recording) as proxy:
            if more == 1:
                second = mailtap.run("proxy", f"0={route['smtp']}", "--record", recording, timeout=10)
                checks.equal("a second writer on one recording: 73", second.status, 73)
                checks.holds("a second writer is told why", bool(second.err), second)
            dialogues.smtp_plain(dialogues.At(bench.servers, proxy.at))
            checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
        checks.equal(f"appended {more}: sessions", len(analyze(recording)), len(bench.live) + more)
    checks.holds("appending changes nothing that was there", recording.read_bytes()[:len(before)] == before)
    _tools(checks, bench, recording)

    other = bench.work / "letter.txt"
    other.write_text("Dear recorder, I am no recording.\n")
    refused = mailtap.run("proxy", f"0={route['smtp']}", "--record", other, timeout=10)
    checks.equal("a file that is no recording is refused: 73", refused.status, 73)
    checks.equal("and left as it was", other.read_text(), "Dear recorder, I am no recording.\n")
