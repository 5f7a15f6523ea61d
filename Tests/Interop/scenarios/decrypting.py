"""TLS in captures: what MailTap decrypts is what the client said, in every version and suite, live too."""

import base64
import json
import re
import signal
import subprocess
import time

import mailtap
import tls
from account import account, dialogue_of, differences
from dialogues import MESSAGE
from mailtap import analyze, run as mailtap_run
from record_captures import Tcpdump
from wire import SMTP, Content, Secret

PASSWORD = "sesame-7-under-tls"
LONG = MESSAGE + b"".join(b"line %d of a message of several records\r\n" % n for n in range(1500))


def talk(client, context=None):
    """A login and a mail; after STARTTLS where a context is given."""
    client.command("EHLO client.example")
    if context:
        client.command("STARTTLS")
        client.start_tls(context)
        client.command("EHLO client.example")
    token = base64.b64encode(f"\0alice\0{PASSWORD}".encode()).decode()
    client.command(Secret(f"AUTH PLAIN {token}", 11, token), "MAIL FROM:<carol@example.net>",
                   "RCPT TO:<alice@example.org>", "DATA")
    client.flight(Content(LONG))
    client.command("QUIT")
    return client


def played(bench, name, implicit):
    """A dialogue under TLS, captured: (the client, its packets, its key log, the server's port)."""
    packets, keylog = bench.work / f"{name}-{implicit}.pcap", bench.work / f"{name}-{implicit}.keys"
    version, ciphers, options = tls.VARIANTS[name]
    bench.work.chmod(0o777)  # tcpdump changes to another user
    with tls.MailServer(bench.work, name, implicit) as server, Tcpdump(packets, server.port, []):
        context = tls.trusting(keylog, version, ciphers, options)
        with SMTP("127.0.0.1", server.port, tls=context if implicit else None) as client:
            talk(client, None if implicit else context)
    return client, packets, keylog, server.port


def suites(checks, bench):
    for name in tls.VARIANTS:
        for implicit in (False, True):
            label = f"{name}, {'from the start' if implicit else 'STARTTLS'}"
            client, packets, keylog, port = played(bench, name, implicit)
            sessions = analyze(packets, "--keylog", keylog, "--reveal")
            if not checks.equal(f"{label}: one session", len(sessions), 1):
                continue
            checks.none(f"{label}: what the client said",
                        differences(account(client), sessions[0], revealed=True, decrypted=True))
            masked = mailtap_run("analyze", packets, "--keylog", keylog, "--full")
            token = account(client)["secrets"][0].encode()
            checks.holds(f"{label}: the password is masked", masked.status == 0 and token not in masked.out, masked)
            # tshark takes the first four letters for the command.
            checks.equal(f"{label}: the commands that tshark decrypts", [v[:4] for v in _verbs(sessions[0])],
                         _by_tshark(packets, keylog, port))
            if not implicit:  # from the start, and on such a port, it would be no mail
                checks.equal(f"{label}: without secrets, the suite is known", analyze(packets)[0]["tls"]["cipher"],
                             sessions[0]["tls"]["cipher"])


def _verbs(session):
    return [e["command"]["verb"] for e in session["exchanges"] if e["command"] and e["command"]["verb"][0] != "*"]


def _by_tshark(packets, keylog, port):
    # tshark calls TLS that begins with the connection smtp only where it is told to.
    told = subprocess.run(
        ["tshark", "-r", packets, "-o", f"tls.keylog_file:{keylog}", "-d", f"tcp.port=={port},smtp",
         "-d", f"tls.port=={port},smtp", "-Y", "smtp.req.command", "-T", "fields", "-e", "smtp.req.command"],
        capture_output=True, text=True).stdout.split()
    if not told:
        told = subprocess.run(
            ["tshark", "-r", packets, "-o", f"tls.keylog_file:{keylog}", "-d", f"tcp.port=={port},tls",
             "-d", f"tls.port=={port},smtp", "-Y", "smtp.req.command", "-T", "fields", "-e", "smtp.req.command"],
            capture_output=True, text=True).stdout.split()
    return [verb for line in told for verb in line.split(",")]


def key_update(checks, bench):
    """Both sides change their keys in mid-session, and each TLS 1.3 suite is spoken."""
    for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
        packets, keylog = bench.work / f"update-{suite}.pcap", bench.work / f"update-{suite}.keys"
        with tls.MailServer(bench.work, "tls13", True) as server, Tcpdump(packets, server.port, []):
            client = subprocess.Popen(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-ciphersuites", suite, "-crlf",
                 "-keylogfile", keylog], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True, bufsize=1)
            _until_reply(client)
            for line in ("EHLO client.example", "K", "NOOP", "k", "NOOP", "K", "VRFY x"):
                client.stdin.write(line + "\n")
                if len(line) > 1:
                    _until_reply(client)
                else:
                    time.sleep(0.3)
            client.stdin.close()  # s_client takes a line that begins with Q for a command of its own
            client.wait(20)
        sessions = analyze(packets, "--keylog", keylog)
        checks.equal(f"key update, {suite}: the session", len(sessions), 1)
        checks.equal(f"key update, {suite}: the suite", sessions[0]["tls"]["cipher"], suite)
        checks.equal(f"key update, {suite}: the commands", _verbs(sessions[0])[:4], ["EHLO", "NOOP", "NOOP", "VRFY"])
        checks.holds(f"key update, {suite}: every command answered",
                     all(e["reply"] for e in sessions[0]["exchanges"][:5]), sessions[0]["exchanges"])
        checks.equal(f"key update, {suite}: nothing is lost", sessions[0].get("troubles"), None)


def _until_reply(client):
    while line := client.stdout.readline():
        if re.match(r"\d{3} ", line):
            return


def written(checks, bench):
    """A decrypted session, recorded: the recording holds the plaintext, masked, and reads back the same."""
    client, packets, keylog, _ = played(bench, "tls13", False)
    recording = bench.work / "decrypted.mailtap"
    direct = analyze(packets, "--keylog", keylog, "--record", recording)
    again = analyze(recording)
    for key in ("messages", "tls", "bytes", "ending"):
        checks.equal(f"recorded: {key}", again[0][key], direct[0][key])
    checks.equal("recorded: exchanges", dialogue_of(again[0]), dialogue_of(direct[0]))
    token = account(client)["secrets"][0].encode()
    checks.holds("recorded: no password on disk", token not in recording.read_bytes())


def gaps(checks, bench):
    """Lost packets under TLS: the side ends there, with a reason, and nothing is invented."""
    _, packets, keylog, port = played(bench, "tls12-aes128-gcm", False)
    shorter = bench.work / "lost.pcap"
    frames = subprocess.run(["tshark", "-r", packets, "-Y", f"tcp.dstport=={port} && tcp.len>1000", "-T", "fields",
                             "-e", "frame.number"], capture_output=True, text=True).stdout.split()
    subprocess.run(["editcap", packets, shorter, frames[-1]], check=True)
    session = analyze(shorter, "--keylog", keylog)[0]
    codes = [t["code"] for t in session.get("troubles", [])]
    checks.holds("lost packets: said, with the reason", "decrypt-failed" in codes, session.get("troubles"))
    checks.holds("lost packets: octets are missing", session["bytes"]["client_missing"] > 0, session["bytes"])
    checks.holds("lost packets: no message is complete", not any(m["complete"] for m in session["messages"]), session)


class Capture:
    """A running `mailtap capture`."""

    def __init__(self, *arguments):
        self.arguments = [str(a) for a in arguments]

    def __enter__(self):
        self.process = subprocess.Popen([mailtap.EXECUTABLE, "capture", *self.arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=mailtap.environment())
        self.ready = self.process.stderr.readline().decode()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()

    def stop(self, sign=signal.SIGTERM):
        self.process.send_signal(sign)
        self.out, self.err = self.process.communicate(timeout=20)
        return self.process.returncode


def live(checks, bench):
    """`capture` beside clients of real servers: plain, STARTTLS with a key log that grows, and its files."""
    recording, packets, keylog = (bench.work / n for n in ("live.mailtap", "live.pcapng", "live.keys"))
    port = bench.servers.ports["submission"]
    context = tls.trusting(keylog)
    with Capture("-i", "lo", "tcp", "port", port, "--keylog", keylog, "--record", recording, "--write", packets,
                 "--format", "ndjson") as capture:
        checks.equal("live: says when it is ready", capture.ready, "listening on lo\n")
        owner = [l for l in open(f"/proc/{capture.process.pid}/status") if l.startswith("Uid:")][0].split()[1:]
        checks.holds("live: root's rights are given up", "0" not in owner, owner)
        clients = []
        for starttls in (False, True):
            with SMTP("127.0.0.1", port) as client:
                client.command("EHLO client.example")
                if starttls:
                    client.command("STARTTLS")
                    client.start_tls(context)
                    client.command("EHLO client.example")
                token = base64.b64encode(b"\0alice\0wonderland-7").decode()
                client.command(Secret(f"AUTH PLAIN {token}", 11, token), "MAIL FROM:<carol@example.net>",
                               "RCPT TO:<alice@example.org>", "DATA")
                client.flight(Content(MESSAGE))
                client.command("QUIT")
            clients.append(client)
        time.sleep(3)
        checks.equal("live: ends by SIGTERM with 0", capture.stop(), 0)
    checks.holds("live: no password on disk", token.encode() not in recording.read_bytes())
    sessions = [json.loads(line) for line in capture.out.splitlines()]
    views = [("printed", sessions, False), ("recorded", analyze(recording), False),
             ("packets kept", analyze(packets, "--reveal"), True)]
    for view, came, revealed in views:
        if not checks.equal(f"live, {view}: sessions", len(came), 2):
            continue
        for client, session, starttls in zip(clients, came, (False, True)):
            checks.none(f"live, {view}: {'STARTTLS' if starttls else 'plain'}, what the client said",
                        differences(account(client), session, revealed=revealed, decrypted=starttls))
    for path in (recording, packets):
        checks.equal(f"live: mode of {path.name}", oct(path.stat().st_mode & 0o777), "0o600")
    told = subprocess.run(["tshark", "-r", packets, "-d", f"tcp.port=={port},smtp", "-Y", "smtp.req.command", "-T",
                           "fields", "-e", "smtp.req.command"], capture_output=True, text=True).stdout.split()
    checks.holds("live: tshark decrypts the packets kept, by the secrets beside them",
                 told.count("AUTH") == 2 and "QUIT" in told, told)
    refused = mailtap_run("capture", "-i", "lo", "--write", packets)
    checks.equal("live: a file that exists is not overwritten", refused.status, 73)


def mistakes(checks, bench):
    """Each mistake has its words and its status."""
    for label, arguments, status, words in (
            ("no such interface", ["-i", "nowhere0"], 66, b"no such interface"),
            ("a filter that is none", ["-i", "lo", "port", "twenty-five-and-a-half"], 64, b"filter"),
            ("no interface named", [], 64, b"-i"),
            ("a key log in no directory", ["-i", "lo", "--keylog", "/nowhere/keys"], 66, b"key log")):
        done = mailtap_run("capture", *arguments)
        checks.holds(f"capture, {label}", done.status == status and words in done.err, done)
    listed = mailtap_run("capture", "--list-interfaces")
    checks.holds("capture: interfaces are listed", listed.status == 0 and b"127.0.0.1" in listed.out, listed)
    missing = mailtap_run("analyze", "--keylog", "/nowhere/keys", "-", stdin=b"")
    checks.equal("analyze: a key log that is not there", missing.status, 66)
