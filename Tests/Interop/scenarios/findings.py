"""Findings: none in what real clients and servers say to each other, and each in a session broken on purpose."""

import json
import poplib
import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage

import mailtap
from mailtap import Proxy, analyze
from servers import USERS, free_ports, wait_for_port

CLIENT = "client.example.org"
# Said on loopback, where nobody else listens, and so no more than a note.
IN_CLEAR = "pop3.cleartext-login"


class Aiosmtpd:
    """A third server, of Debian's python3-aiosmtpd, that takes and forgets what it is sent."""

    def __enter__(self):
        self.port = free_ports(["smtp"])["smtp"]
        command = [self._python(), "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}", "-c", "aiosmtpd.handlers.Sink"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for_port(self.port, dead=lambda: self.process.poll() is not None)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    @staticmethod
    def _python():
        for python in (sys.executable, "/usr/bin/python3"):
            if subprocess.run([python, "-c", "import aiosmtpd"], capture_output=True).returncode == 0:
                return python
        raise RuntimeError("no Python here has aiosmtpd; Debian's package is python3-aiosmtpd")


def run(checks, bench):
    with Aiosmtpd() as third:
        routes = {"postfix": f"smtp://127.0.0.1:{bench.servers.ports['smtp']}",
                  "aiosmtpd": f"smtp://127.0.0.1:{third.port}",
                  "lmtp": f"lmtp://127.0.0.1:{bench.servers.ports['lmtp']}",
                  "pop3": f"pop3://127.0.0.1:{bench.servers.ports['pop3']}"}
        _clean(checks, bench, routes)
        _broken(checks, bench, routes)
        _live(checks, bench, routes)
    _sarif(checks, bench)


# Clean sessions


def _clean(checks, bench, routes):
    recording = bench.work / "clean.mailtap"
    bench.servers.empty("alice")
    with Proxy(routes, "--record", recording, "-q") as proxy:
        for name in ("postfix", "aiosmtpd"):
            with smtplib.SMTP(*proxy.at[name], local_hostname=CLIENT) as smtp:
                smtp.noop()
                smtp.send_message(_mail(f"A clean mail to {name}"))
                smtp.rset()
                smtp.send_message(_mail(f"Another part for {name}"), mail_options=["BODY=8BITMIME"])
        with smtplib.SMTP(*proxy.at["postfix"], local_hostname=CLIENT) as smtp:
            smtp.ehlo()
            smtp.mail("alice@example.org", ["SIZE=1000"])
            checks.equal("Postfix refuses to relay", smtp.rcpt("x@elsewhere.example")[0] // 100, 5)
            smtp.verify("alice")
        with smtplib.LMTP(*proxy.at["lmtp"], local_hostname=CLIENT) as lmtp:
            lmtp.send_message(_mail("By LMTP"))
        bench.servers.wait_delivered("alice", 3)
        for _ in range(2):
            pop = poplib.POP3(*proxy.at["pop3"], timeout=20)
            pop.capa(), pop.user("alice"), pop.pass_(USERS["alice"]), pop.stat(), pop.list(), pop.uidl()
            pop.retr(1), pop.top(1, 3), pop.dele(1), pop.quit()
        proxy.stop()
    sessions = analyze(recording)
    checks.equal("clean: a session for each connection", len(sessions), 6)
    found = [f"session {s['session']} ({s['server']['port']}): {f['severity']} {f['rule']}: {f['text']}"
             for s in sessions for f in s["findings"] if f["rule"] != IN_CLEAR]
    checks.none("clean: no finding with Postfix, Dovecot and aiosmtpd", found)
    result = mailtap.run("check", recording, "--fail-on", "note", "--ignore", IN_CLEAR)
    checks.equal("clean: check exits with 0", result.status, 0)
    checks.holds("clean: check says so", result.text.startswith("no findings in 6 sessions"), result)
    checks.equal("--fail-on note counts notes", mailtap.run("check", recording, "--fail-on", "note").status, 1)


def _mail(subject):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "bob@example.org", "alice@example.org", subject
    mail["Date"], mail["Message-ID"] = "Mon, 23 Nov 2026 06:00:00 +0000", f"<{abs(hash(subject))}@example.org>"
    mail.set_content("Grüße\n.\nA line that is a dot stands above.\n", cte="8bit" if "part" in subject else "base64")
    return mail


# Sessions broken on purpose

HELLO = [f"EHLO {CLIENT}\r\n"]
ENVELOPE = HELLO + ["MAIL FROM:<bob@example.org>\r\n", "RCPT TO:<alice@example.org>\r\n", "DATA\r\n"]
HEADER = "Date: Mon, 23 Nov 2026 06:00:00 +0000\r\nFrom: bob@example.org\r\nSubject: broken\r\n\r\n"
QUIT = ["QUIT\r\n"]
LOGIN = ["USER alice\r\n", f"PASS {USERS['alice']}\r\n"]

# A route, what the client sends (waiting for a reply after each), and the rules of which one has to be found.
BROKEN = [
    ("postfix", HELLO + ["NOOP\n"] + QUIT, ["smtp.bare-lf"]),
    ("postfix", HELLO + ["NOOP a\0b\r\n"] + QUIT, ["smtp.nul"]),
    ("postfix", HELLO + ["FROBNICATE\r\n"] + QUIT, ["smtp.unknown-command"]),
    ("postfix", HELLO + ["NOOP " + "x" * 600 + "\r\n"] + QUIT, ["smtp.command-too-long"]),
    ("postfix", HELLO + ["MAIL FROM:bob@example.org\r\n"] + QUIT, ["smtp.missing-brackets"]),
    ("postfix", HELLO + ["MAIL FROM: <bob@example.org>\r\n"] + QUIT, ["smtp.path-form"]),
    ("postfix", HELLO + ["MAIL FROM:<bob@example.org> SIZE=many\r\n"] + QUIT, ["smtp.bad-parameter"]),
    ("postfix", HELLO + ["RCPT TO:<alice@example.org>\r\n"] + QUIT, ["smtp.rcpt-before-mail"]),
    ("postfix", HELLO + ["MAIL FROM:<bob@example.org>\r\n"] * 2 + QUIT, ["smtp.nested-mail"]),
    ("postfix", HELLO + ["MAIL FROM:<bob@example.org>\r\n", "DATA\r\n"] + QUIT, ["smtp.data-without-recipient"]),
    ("postfix", ["HELO pc\r\n"] + QUIT, ["smtp.hello-name"]),
    ("postfix", HELLO + ["MAIL FROM:<bob@example.org>\r\n", None], ["smtp.connection-lost"]),
    ("postfix", HELLO + [None], ["smtp.no-quit"]),
    ("postfix", ENVELOPE + [HEADER + "one\n.\r\nQUIT\r\n"], ["smtp.smuggled-message", "smtp.odd-end-of-data"]),
    ("postfix", ENVELOPE + [HEADER + "one\r.\rtwo\r\n.\r\n"] + QUIT, ["smtp.smuggling", "smtp.smuggled-message"]),
    ("postfix", ENVELOPE + [HEADER + ".one\r\n.\r\n"] + QUIT, ["smtp.unstuffed-dot"]),
    ("postfix", ENVELOPE + [HEADER + "x" * 1200 + "\r\n.\r\n"] + QUIT, ["smtp.text-line-too-long"]),
    ("postfix", ENVELOPE + ["Subject: no date\r\n\r\none\r\n.\r\n"] + QUIT, ["message.date-missing"]),
    ("postfix", ENVELOPE[:-1] + ["BDAT many\r\n"] + QUIT, ["smtp.bad-chunk-size"]),
    ("aiosmtpd", HELLO + ["MAIL FROM:<bob@example.org> RET=HDRS\r\n"] + QUIT, ["smtp.extension-not-offered"]),
    ("aiosmtpd", ENVELOPE + [HEADER + "one\r.\rtwo\r\n.\r\n"] + QUIT, ["smtp.smuggling", "smtp.smuggled-message"]),
    ("pop3", ["STAT\r\n", "QUIT\r\n"], ["pop3.wrong-state"]),
    ("pop3", LOGIN + ["RETR first\r\n", "QUIT\r\n"], ["pop3.bad-argument"]),
    ("pop3", LOGIN + ["DELE 1\r\n", "RETR 1\r\n", "QUIT\r\n"], ["pop3.deleted-message"]),
    ("pop3", LOGIN + ["DELE 1\r\n", None], ["pop3.deletions-lost"]),
]


def _broken(checks, bench, routes):
    # Something to delete, twice.
    with smtplib.SMTP("127.0.0.1", bench.servers.ports["smtp"], local_hostname=CLIENT) as smtp:
        for number in range(3):
            smtp.send_message(_mail(f"To be deleted, {number}"))
    bench.servers.wait_delivered("alice", 2)
    recording = bench.work / "broken.mailtap"
    peers = []
    with Proxy(routes, "--record", recording, "-q") as proxy:
        for route, said, _ in BROKEN:
            peers.append(_say(proxy.at[route], said))
        proxy.stop()
    sessions = {s["client"]["port"]: s for s in analyze(recording)}
    for peer, (route, said, rules) in zip(peers, BROKEN):
        rest = [f["rule"] for f in sessions.get(peer, {}).get("findings", [])]
        label = (said[-2] if said[-1] in (QUIT[0], None) and len(said) > 1 else said[-1])[:30].strip()
        checks.holds(f"broken: {' or '.join(rules)} ({route}, {label!r})", set(rules) & set(rest), rest)
    checks.equal("broken: check exits with 1", mailtap.run("check", recording).status, 1)


def _say(address, said):
    """Says each item and waits for what comes back; None closes the connection. Returns the client's port."""
    with socket.create_connection(address, timeout=20) as client:
        port = client.getsockname()[1]
        try:
            client.recv(65536)
            for item in said:
                if item is None:
                    break
                client.sendall(item.encode("latin-1"))
                answer = client.recv(65536)
                while answer and not _whole(answer):
                    answer += client.recv(65536)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except OSError:
            # A server may have enough of such a client.
            pass
    return port


def _whole(answer):
    """Whether an answer is all there: a reply of many lines may come in pieces that end with a line, and a client
    that speaks between them would break the order of things, which is a finding of its own."""
    last = answer.splitlines()[-1]
    return answer.endswith(b"\n") and not (last[:3].isdigit() and last[3:4] == b"-")


# Only what matches, as it ends


def _live(checks, bench, routes):
    for form in ("ndjson", "text"):
        with Proxy(routes, "--format", form, "--filter", "rule:smtp.unknown-command and severity >= warning") as proxy:
            for said in (HELLO + QUIT, HELLO + ["FROBNICATE\r\n"] + QUIT, HELLO + ["NOOP\r\n"] + QUIT):
                _say(proxy.at["postfix"], said)
            proxy.stop()
            output = proxy.text
        if form == "ndjson":
            shown = [json.loads(line)["session"] for line in output.splitlines()]
            checks.equal("proxy --format ndjson --filter shows the one that matches", shown, [2])
        else:
            # As commands: the summary may name one again, as that with the slowest reply.
            found = output.count("-> FROBNICATE"), output.count("-> NOOP")
            checks.equal("proxy --filter shows the transcript of the one that matches", found, (1, 0))
    wrong = mailtap.run("proxy", f"0={routes['postfix']}", "--filter", "severity:eror")
    checks.equal("proxy --filter: a mistake is one of usage", wrong.status, 64)
    checks.holds("proxy --filter: a mistake is shown at its place", "severity:eror\n" + " " * 11 + "^" in wrong.err.decode(), wrong)


# SARIF against the standard


def _sarif(checks, bench):
    """Holds the SARIF of the broken sessions against models that were generated of the standard's own schema."""
    environment = bench.work / "sarif"
    python = environment / "bin" / "python"
    for command in ([sys.executable, "-m", "venv", environment],
                    [python, "-m", "pip", "install", "-q", "pydantic-sarif==0.1.1"]):
        if subprocess.run(command, capture_output=True).returncode:
            print("  skip  SARIF against its schema: pydantic-sarif can't be installed from PyPI here", flush=True)
            return
    for name in ("broken", "clean"):
        log = bench.work / f"{name}.sarif"
        mailtap.run("check", bench.work / f"{name}.mailtap", "--format", "sarif", "-o", log)
        result = subprocess.run([python, "-c", _VALIDATE, log], capture_output=True, text=True)
        checks.equal(f"SARIF of the {name} sessions fits the standard's schema", result.stdout.strip(), "valid")
    spoilt = json.loads((bench.work / "broken.sarif").read_text())
    spoilt["runs"][0]["results"][0]["level"] = "grave"
    (bench.work / "spoilt.sarif").write_text(json.dumps(spoilt))
    result = subprocess.run([python, "-c", _VALIDATE, bench.work / "spoilt.sarif"], capture_output=True, text=True)
    checks.holds("the schema refuses another level", "runs.0.results.0.level" in result.stdout, result)


_VALIDATE = """
import sys
from pydantic import ValidationError
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log
try:
    Log.model_validate_json(open(sys.argv[1]).read())
    print("valid")
except ValidationError as error:
    print(error)
"""
