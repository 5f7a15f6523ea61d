"""Recordings as servers: real clients are answered from them, and what they say differently is told."""

import os
import poplib
import re
import smtplib
import ssl
import subprocess
import threading
from pathlib import Path

import dialogues
import mailtap
from servers import USERS

SUITE = Path(__file__).resolve().parents[3] / "captures" / "dialogues"
ALICE = USERS["alice"]


class Served:
    """A running `mailtap replay INPUT --serve`."""

    def __init__(self, source, *options):
        self.arguments = ["replay", str(source), "--serve", "127.0.0.1:0", *[str(o) for o in options]]

    def __enter__(self):
        self.process = subprocess.Popen([mailtap.EXECUTABLE, *self.arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=mailtap.environment())
        line = self.process.stderr.readline().decode()
        match = re.fullmatch(r"listening 127\.0\.0\.1:(\d+)\n", line)
        if not match:
            self.process.kill()
            raise RuntimeError(f"it does not listen: {line}{self.process.stderr.read().decode()}")
        self.port = int(match[1])
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def result(self):
        """Its end: exit status and report."""
        out, err = self.process.communicate(timeout=20)
        return mailtap.Result(self.arguments, self.process.returncode, out, err)


def run(checks, bench):
    work = bench.work
    mail = work / "served.eml"
    mail.write_bytes(dialogues.MESSAGE)
    environment = dict(os.environ, HOME=str(work), LC_ALL="C")

    def program(served, *command, stdin=b""):
        return subprocess.run([str(c) for c in command], input=stdin, capture_output=True, timeout=60, env=environment)

    # Sessions of the real servers, recorded by replays: one mail, and one maildrop.
    one_mail, drop = work / "one-mail.mailtap", work / "drop.mailtap"
    ports = bench.servers.ports
    mailtap.run("replay", SUITE / "smtp-plain.dialogue", "--to", f"smtp://127.0.0.1:{ports['smtp']}", "--record",
                one_mail)
    dialogues.fill(bench.servers)
    full = work / "drop.dialogue"
    anything = "S: +OK {any}\nS: {lines}\nS: .\n"
    full.write_text(f"C: CAPA\n{anything}C: USER alice\nS: +OK\nC: PASS x\nS: +OK\nC: STAT\nS: +OK 3 {{number}}\n"
                    f"C: LIST\n{anything}C: UIDL\n{anything}C: RETR 1\n{anything}C: RETR 2\n{anything}"
                    f"C: RETR 3\n{anything}C: QUIT\nS: +OK\n")
    result = mailtap.run("replay", full, "--to", f"pop3://127.0.0.1:{ports['pop3']}", "--user", "alice", "--record",
                         drop, MAILTAP_PASSWORD=ALICE)
    checks.holds("the maildrop is recorded", result.status == 0 and len(mailtap.analyze(drop)[0]["messages"]) == 3,
                 result)

    with Served(one_mail) as served:
        with smtplib.SMTP("127.0.0.1", served.port, local_hostname="client.example") as smtp:
            smtp.sendmail("carol@example.net", ["alice@example.org"], dialogues.MESSAGE)
        result = served.result()
        checks.holds("smtplib is served; the same mail is no difference: 0", result.status == 0, result)
    with Served(one_mail) as served:
        done = program(served, "swaks", "--server", "127.0.0.1", "--port", served.port, "--helo", "client.example",
                       "--from", "carol@example.net", "--to", "alice@example.org", "--data", f"@{mail}",
                       "--suppress-data")
        result = served.result()
        checks.holds("swaks is served", done.returncode == 0, done)
        checks.holds("swaks: the report is one of a session", result.status in (0, 1) and "session 1: smtp" in result.text,
                     result)
    with Served(one_mail) as served:
        done = program(served, "curl", "-sS", f"smtp://127.0.0.1:{served.port}/client.example", "--mail-from",
                       "carol@example.net", "--mail-rcpt", "bob@example.org", "--upload-file", mail)
        result = served.result()
        checks.holds("curl is served though it names another recipient", done.returncode == 0, done)
        checks.holds("curl: the other recipient is the difference: 1",
                     result.status == 1 and "bob@example.org" in result.text, result)

    with Served(one_mail) as served:
        with smtplib.SMTP("127.0.0.1", served.port, local_hostname="client.example") as smtp:
            early = [smtp.docmd("RCPT", "TO:<alice@example.org>")[0], smtp.docmd("DATA")[0]]
            smtp.ehlo()
            early += [smtp.docmd("RCPT", "TO:<alice@example.org>")[0], smtp.mail("carol@example.net")[0],
                      smtp.docmd("DATA")[0], smtp.mail("carol@example.net")[0]]
            checks.equal("what the state does not allow is answered 503", early, [503, 503, 503, 250, 503, 503])
        served.result()
    with Served(drop) as served:
        pop3 = poplib.POP3("127.0.0.1", served.port)
        try:
            pop3.stat()
            checks.fail("STAT before the login: -ERR", "it was answered")
        except poplib.error_proto:
            pass
        pop3.user("alice")
        pop3.pass_("anything")
        pop3.dele(2)
        checks.equal("a deleted message is no longer listed, nor counted",
                     ([line.split()[0] for line in pop3.list()[1]], pop3.stat()[0]), ([b"1", b"3"], 2))
        pop3.rset()
        checks.equal("RSET brings it back", pop3.stat()[0], 3)
        pop3.quit()
        served.result()

    wanted = [dialogues.MESSAGE, dialogues.MULTIPART, dialogues.numbered(3)]
    with Served(drop) as served:
        pop3 = poplib.POP3("127.0.0.1", served.port)
        pop3.user("alice")
        pop3.pass_("anything")
        got = [b"\r\n".join(pop3.retr(n)[1]) + b"\r\n" for n in (3, 1, 2)]
        head = pop3.top(2, 0)[1]
        pop3.quit()
        checks.equal("poplib is served, in any order", got, [wanted[2], wanted[0], wanted[1]])
        checks.holds("poplib: TOP is served from the whole message", b"MIME-Version: 1.0" in head and b"" in head, head)
        result = served.result()
        checks.holds("poplib: TOP was not expected: 1", result.status == 1 and "TOP 2 0" in result.text, result)
    with Served(drop) as served:
        done = program(served, "curl", "-sS", "--user", "alice:x", f"pop3://127.0.0.1:{served.port}/2")
        checks.equal("curl pop3 is served", done.stdout, wanted[1])
        served.result()
    with Served(drop) as served:
        inbox, rc = work / "served-mpop.mbox", work / "served-mpoprc"
        rc.write_text(f"account default\nhost 127.0.0.1\nport {served.port}\nuser alice\npassword x\ntls off\nauth user\n"
                      f"keep off\nuidls_file {work}/served.uidls\ndelivery mbox {inbox}\n")
        rc.chmod(0o600)
        done = program(served, "mpop", f"--file={rc}")
        checks.holds("mpop is served", done.returncode == 0 and inbox.exists()
                     and inbox.read_bytes().count(b"\nMessage-ID:") + inbox.read_bytes().count(b"\nMessage-Id:") == 3, done)
        served.result()
    with Served(drop) as served:
        taken, rc = work / "served-fetchmail.out", work / "served-fetchmailrc"
        rc.write_text(f"set no bouncemail\npoll 127.0.0.1 protocol pop3 service {served.port} user alice password x "
                      f"sslproto '' fetchall mda \"cat >> {taken}\"\n")
        rc.chmod(0o600)
        done = program(served, "fetchmail", "-f", rc, "--nodetach", "--nosyslog", "--pidfile", work / "served.pid")
        checks.holds("fetchmail is served", done.returncode == 0 and taken.read_bytes().count(b"\nSubject:") >= 3, done)
        served.result()

    # Under TLS, with a certificate of MailTap's own authority.
    secure = work / "served-secure.mailtap"
    mailtap.run("replay", SUITE / "smtp-starttls.dialogue", "--to", f"smtp://127.0.0.1:{ports['smtp']}", "--record",
                secure)
    with Served(secure) as served:
        context = ssl.create_default_context(cafile=str(Path(mailtap.HOME) / "ca.pem"))
        with smtplib.SMTP("localhost", served.port, local_hostname="client.example") as smtp:
            smtp.starttls(context=context)
            smtp.sendmail("carol@example.net", ["alice@example.org"], dialogues.MESSAGE)
        result = served.result()
        checks.holds("smtplib is served under STARTTLS and trusts MailTap's authority", result.status in (0, 1)
                     and "session 1: smtp" in result.text, result)
        checks.holds("smtplib under STARTTLS: no difference", result.status == 0, result)
    implicit = work / "served-implicit.mailtap"
    dialogues.fill(bench.servers)
    mailtap.run("replay", full, "--to", f"pop3s://127.0.0.1:{ports['pop3s']}", "--upstream-insecure", "--user", "alice",
                "--record", implicit, MAILTAP_PASSWORD=ALICE)
    with Served(implicit) as served:
        context = ssl.create_default_context(cafile=str(Path(mailtap.HOME) / "ca.pem"))
        pop3 = poplib.POP3_SSL("localhost", served.port, context=context)
        pop3.user("alice")
        pop3.pass_("x")
        got = b"\r\n".join(pop3.retr(2)[1]) + b"\r\n"
        pop3.quit()
        checks.equal("poplib is served under TLS with the first octet", got, wanted[1])
        served.result()

    # SCRAM asks the server to prove that it knows the password: by another's client, against one that does and one not.
    login = work / "scram.dialogue"
    login.write_text("S: 220 mx.example.org ESMTP\nC: EHLO localhost\nS: 250-mx.example.org\n"
                     "S: 250 AUTH PLAIN SCRAM-SHA-1 SCRAM-SHA-256\nC: AUTH PLAIN {masked plain AGFsaWNlACoqKio=}\n"
                     "S: 235 2.7.0 in\nC: QUIT\nS: 221 2.0.0 bye\n")
    known, rc = work / "scram.password", work / "served-msmtprc"
    known.write_text(ALICE + "\n")
    for mechanism in ("scram-sha-1", "scram-sha-256"):
        for password, options, logs_in in ((ALICE, ("--user", "alice", "--password-file", known), True),
                                          ("guess", ("--user", "alice", "--password-file", known), False),
                                          (ALICE, (), False)):
            with Served(login, *options) as served:
                rc.write_text(f"account default\nhost 127.0.0.1\nport {served.port}\nfrom a@example.org\nuser alice\n"
                              f"password {password}\ntls off\nauth {mechanism}\n")
                rc.chmod(0o600)
                done = program(served, "msmtp", f"--file={rc}", "b@example.org", stdin=dialogues.MESSAGE)
                result = served.result()
                said = done.stderr.decode(errors="replace")
                checks.equal(f"msmtp logs in by {mechanism} where the password is known and right: {password != 'guess'}, "
                             f"{bool(options)}", "authentication failed" not in said, logs_in)
                checks.holds(f"{mechanism}: no password is in the report", ALICE not in result.text, result)

    # Several sessions, each played once: by clients that come one after the other, of which the first wants the second
    # session, and by clients that come at the same time, and begin differently.
    for labels, at_once in ((("smtp_several_mails", "smtp_plain"), False), (("smtp_helo", "smtp_several_mails"), True)):
        with Served(bench.recording, "--session", _numbers(bench, *labels)) as served:
            def play(label):
                result = mailtap.run("replay", bench.recording, "--session", _numbers(bench, label), "--to",
                                     f"smtp://127.0.0.1:{served.port}")
                checks.holds(f"{label} played against its own recording: 0", result.status == 0, result)
            players = [threading.Thread(target=play, args=(label,)) for label in labels]
            for player in players:
                player.start()
                if not at_once:
                    player.join()
            for player in players:
                player.join()
            result = served.result()
            checks.holds("both sessions were played: 0", result.status == 0, result)


def _numbers(bench, *labels):
    """The numbers of dialogues in the recording of all of them."""
    numbers = []
    for session in mailtap.analyze(bench.recording):
        for label, _, _, live in bench.played:
            if label in labels and live["client"]["port"] == session["client"]["port"]:
                numbers.append(str(session["session"]))
    return ",".join(numbers)
