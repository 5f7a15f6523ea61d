"""Real mail programs through the proxy: they succeed, and what they saw is what MailTap recorded."""

import hashlib
import os
import poplib
import smtplib
import ssl
import subprocess
from email.message import EmailMessage

import dialogues
from mailtap import Proxy
from servers import USERS

ALICE = USERS["alice"]


def run(checks, bench):
    bench.clients_recording = bench.work / "clients.mailtap"
    servers = bench.servers
    routes = {"smtp": f"smtp://127.0.0.1:{servers.ports['smtp']}",
              "submission": f"submission://127.0.0.1:{servers.ports['submission']}",
              "smtps": f"smtps://127.0.0.1:{servers.ports['smtps']}",
              "pop3": f"pop3://127.0.0.1:{servers.ports['pop3']}",
              "pop3s": f"pop3s://127.0.0.1:{servers.ports['pop3s']}"}
    with Proxy(routes, "--tls", "pass", "--record", bench.clients_recording, "--format", "ndjson") as proxy:
        drive = Drive(checks, bench, proxy)
        _smtp(drive)
        _pop3(drive)
        bench.clients_live = proxy.sessions()
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)


class Drive:
    """Runs one client after another and finds the session that each caused."""

    def __init__(self, checks, bench, proxy):
        self.checks, self.bench, self.proxy, self.servers = checks, bench, proxy, bench.servers
        self.seen = 0

    def port(self, route):
        return str(self.proxy.at[route][1])

    def program(self, name, *command, stdin=b"", status=0, **more):
        """Runs a program through the proxy; returns its output and the one new session, None where there is none."""
        done = subprocess.run([str(c) for c in command], input=stdin, capture_output=True, timeout=60,
                              env=dict(os.environ, HOME=str(self.bench.work), LC_ALL="C"), **more)
        self.checks.holds(f"{name}: exit status {status}", done.returncode == status,
                          f"{done.returncode}\n{done.stderr.decode(errors='replace')[-1500:]}"
                          f"{done.stdout.decode(errors='replace')[-1500:]}")
        return done.stdout, self.session(name)

    def session(self, name):
        """The session that ended since the last call."""
        sessions = self.proxy.wait_sessions(self.seen + 1)
        new = sessions[self.seen:]
        self.seen = len(sessions)
        return new[0] if self.checks.equal(f"{name}: one session", len(new), 1) and new else None

    def delivered(self, name, session, count=1, user="alice"):
        """Checks that the session's messages are what arrived in the user's maildrop since it was emptied."""
        if session is None:
            return
        got = self.servers.wait_delivered(user, count)
        messages = session["messages"]
        self.checks.equal(f"{name}: messages", len(messages), count)
        self.checks.equal(f"{name}: mails delivered", len(got), count)
        for message in messages:
            # The servers put trace fields before what was sent; its last octets are what MailTap saw.
            tails = [hashlib.sha256(g[len(g) - message["bytes"]:]).hexdigest() for g in got]
            self.checks.holds(f"{name}: the octets delivered are those recorded", message["sha256"] in tails,
                              f"{message} is none of {[len(g) for g in got]} octets")
            self.checks.holds(f"{name}: accepted and complete", message["accepted"] and message["complete"], message)


def _smtp(drive):
    checks, servers, work = drive.checks, drive.servers, drive.bench.work
    mail = work / "mail.eml"
    mail.write_bytes(dialogues.MESSAGE)
    attachment = work / "attachment.bin"
    attachment.write_bytes(bytes(range(256)) * 40)

    def swaks(name, *options, route="smtp", count=1, status=0):
        servers.empty("alice")
        _, session = drive.program(f"swaks {name}", "swaks", "--server", "127.0.0.1", "--port", drive.port(route),
                                   "--helo", "client.example", "--from", "carol@example.net", "--suppress-data",
                                   *options, status=status)
        if count:
            drive.delivered(f"swaks {name}", session, count)
        return session

    to = ("--to", "alice@example.org")
    session = swaks("plain", *to)
    if session:
        checks.equal("swaks plain: verbs", [e["command"] and e["command"]["verb"] for e in session["exchanges"]],
                     [None, "EHLO", "MAIL", "RCPT", "DATA", "*data", "QUIT"])
        checks.equal("swaks plain: statuses", [e["reply"]["status"] for e in session["exchanges"]],
                     ["220", "250", "250", "250", "354", "250", "221"])
    session = swaks("pipelined with an attachment", *to, "--pipeline", "--attach", f"@{attachment}")
    if session and session["messages"]:
        digests = {p["sha256"] for p in session["messages"][0]["parts"]}
        checks.holds("swaks: the attachment's digest is among the parts'",
                     hashlib.sha256(attachment.read_bytes()).hexdigest() in digests, session["messages"][0]["parts"])
    session = swaks("refused recipient", "--to", "nobody@example.org", count=0, status=24)
    if session:
        checks.equal("swaks refused recipient: no message", session["messages"], [])
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        session = swaks(f"AUTH {mechanism}", *to, "--auth", mechanism, "--auth-user", "alice",
                        "--auth-password", ALICE, route="submission")
        if session:
            verbs = [e["command"]["verb"] for e in session["exchanges"][1:]]
            checks.holds(f"swaks AUTH {mechanism}: the login is an exchange", "AUTH" in verbs, verbs)
            checks.holds(f"swaks AUTH {mechanism}: password not shown", ALICE not in str(session), session)

    session = swaks("STARTTLS", *to, "--tls", count=0)
    _passed(checks, "swaks STARTTLS", session, "starttls")
    checks.equal("swaks STARTTLS: the mail arrives", len(servers.wait_delivered("alice", 1)), 1)
    session = swaks("TLS on connect", *to, "--tls-on-connect", route="smtps", count=0)
    _passed(checks, "swaks TLS on connect", session, "implicit")
    checks.equal("swaks TLS on connect: the mail arrives", len(servers.wait_delivered("alice", 1)), 1)

    servers.empty("alice")
    _, session = drive.program("curl smtp", "curl", "-sS", f"smtp://127.0.0.1:{drive.port('smtp')}/client.example",
                               "--mail-from", "carol@example.net", "--mail-rcpt", "alice@example.org",
                               "--upload-file", mail)
    drive.delivered("curl smtp", session)
    if session and session["messages"]:
        checks.equal("curl smtp: the octets of the file", session["messages"][0]["sha256"],
                     hashlib.sha256(dialogues.MESSAGE).hexdigest())

    servers.empty("alice")
    _, session = drive.program("msmtp", "msmtp", "--host=127.0.0.1", f"--port={drive.port('smtp')}", "--tls=off",
                               "--auth=off", "--from=carol@example.net", "alice@example.org",
                               stdin=dialogues.MESSAGE.replace(b"\r\n", b"\n"))
    drive.delivered("msmtp", session)

    servers.empty("alice")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "carol@example.net", "alice@example.org", "Zwölf Boxkämpfer"
    message.set_content("Grüße\n.\n")
    message.add_attachment(b"\0\1\2" * 30000, maintype="application", subtype="octet-stream", filename="größe.bin")
    with smtplib.SMTP("127.0.0.1", int(drive.port("smtp")), local_hostname="client.example") as smtp:
        smtp.send_message(message)
        smtp.send_message(message)
    session = drive.session("smtplib")
    drive.delivered("smtplib", session, 2)
    if session and session["messages"]:
        seen = session["messages"][0]
        checks.equal("smtplib: subject", seen["subject"], "Zwölf Boxkämpfer")
        checks.equal("smtplib: attachment", [(p["filename"], p["sha256"]) for p in seen["parts"]][1:],
                     [("größe.bin", hashlib.sha256(b"\0\1\2" * 30000).hexdigest())])

    context = ssl.create_default_context(cafile=str(servers.root / "cert.pem"))
    with smtplib.SMTP("localhost", int(drive.port("submission")), local_hostname="client.example") as smtp:
        smtp.starttls(context=context)  # verifies the server's own certificate: nothing came between
        smtp.login("alice", ALICE)
        smtp.noop()
    _passed(checks, "smtplib STARTTLS", drive.session("smtplib STARTTLS"), "starttls")

    out, session = drive.program("openssl s_client smtp", "openssl", "s_client", "-connect",
                                 f"127.0.0.1:{drive.port('smtp')}", "-starttls", "smtp", "-CAfile",
                                 servers.root / "cert.pem", "-verify_return_error", "-crlf", "-quiet",
                                 stdin=b"QUIT\r\n")
    _passed(checks, "openssl s_client smtp", session, "starttls")


def _pop3(drive):
    checks, servers, work = drive.checks, drive.servers, drive.bench.work
    wanted = [dialogues.MESSAGE, dialogues.MULTIPART, dialogues.numbered(3)]
    digests = [hashlib.sha256(m).hexdigest() for m in wanted]

    def retrieved(name, session, expected=digests):
        if session:
            checks.equal(f"{name}: the messages recorded are those of the maildrop",
                         [m["sha256"] for m in session["messages"] if m["complete"]], expected)
            checks.holds(f"{name}: password not shown", ALICE not in str(session), session)

    dialogues.fill(servers)
    pop3 = poplib.POP3("127.0.0.1", int(drive.port("pop3")))
    pop3.user("alice")
    pop3.pass_(ALICE)
    got = [b"\r\n".join(pop3.retr(n)[1]) + b"\r\n" for n in (1, 2, 3)]
    pop3.top(1, 2)
    pop3.uidl()
    pop3.quit()
    checks.equal("poplib: messages as in the maildrop", got, wanted)
    retrieved("poplib", drive.session("poplib"))

    dialogues.fill(servers)
    url = f"pop3://127.0.0.1:{drive.port('pop3')}"
    out, session = drive.program("curl pop3", "curl", "-sS", "--user", f"alice:{ALICE}", f"{url}/2")
    checks.equal("curl pop3: what it printed", out, wanted[1])
    retrieved("curl pop3", session, digests[1:2])
    out, session = drive.program("curl pop3 listing", "curl", "-sS", "--user", f"alice:{ALICE}", url)
    if session:
        listing = next((e.get("data") for e in session["exchanges"]
                        if e["command"] and e["command"]["verb"] == "LIST"), None)
        checks.equal("curl pop3 listing: what it printed is the data", listing, out.decode().split("\r\n")[:-1])

    dialogues.fill(servers)
    inbox = work / "mpop.mbox"
    rc = work / "mpoprc"
    rc.write_text(f"account default\nhost 127.0.0.1\nport {drive.port('pop3')}\nuser alice\npassword {ALICE}\n"
                  f"tls off\nauth user\nkeep off\nuidls_file {work}/mpop.uidls\ndelivery mbox {inbox}\n")
    rc.chmod(0o600)
    _, session = drive.program("mpop", "mpop", f"--file={rc}")
    retrieved("mpop", session)
    checks.equal("mpop: the maildrop is empty then", servers.delivered("alice"), [])

    dialogues.fill(servers)
    taken = work / "fetchmail.out"
    rc = work / "fetchmailrc"
    rc.write_text(f"set no bouncemail\npoll 127.0.0.1 protocol pop3 service {drive.port('pop3')} "
                  f"user alice password \"{ALICE}\" sslproto '' fetchall mda \"cat >> {taken}\"\n")
    rc.chmod(0o600)
    _, session = drive.program("fetchmail", "fetchmail", "-f", rc, "--nodetach", "--nosyslog", "--pidfile",
                               work / "fetchmail.pid")
    retrieved("fetchmail", session)
    checks.equal("fetchmail: the maildrop is empty then", servers.delivered("alice"), [])

    dialogues.fill(servers)
    context = ssl.create_default_context(cafile=str(servers.root / "cert.pem"))
    pop3 = poplib.POP3("localhost", int(drive.port("pop3")))
    pop3.stls(context=context)
    pop3.user("alice")
    pop3.pass_(ALICE)
    checks.equal("poplib STLS: STAT", pop3.stat()[0], 3)
    pop3.quit()
    _passed(checks, "poplib STLS", drive.session("poplib STLS"), "starttls")
    pop3 = poplib.POP3_SSL("localhost", int(drive.port("pop3s")), context=context)
    pop3.quit()
    _passed(checks, "poplib TLS", drive.session("poplib TLS"), "implicit")


def _passed(checks, name, session, start):
    """TLS that was relayed unread."""
    if session:
        tls = session["tls"] or {}
        checks.equal(f"{name}: {start} TLS, passed through", (tls.get("start"), tls.get("decrypted")), (start, False))
        checks.equal(f"{name}: no message is claimed", session["messages"], [])
