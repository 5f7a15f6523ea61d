"""The recipes of docs/recipes.md, tried."""

import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

import dialogues
import mailtap
import namespace
from mailtap import Proxy
from scenarios.tls import _authority, decrypted
from servers import MASTER_CF, free_ports, wait_for_port
from tlsserver import TLSServer, certificate


def relayhost(checks, bench):
    """A Postfix whose every mail goes through MailTap, which it verifies."""
    servers = bench.servers
    servers.empty("alice")
    with Proxy({"smtp": f"smtp://127.0.0.1:{servers.ports['smtp']}"}, "--format", "ndjson") as proxy:
        with Postfix(f"relayhost = [localhost]:{proxy.at['smtp'][1]}\n"
                     "smtp_tls_security_level = secure\n"
                     f"smtp_tls_CAfile = {_authority(bench)}\n"
                     "smtp_tls_secure_cert_match = hostname\n") as postfix:
            with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="client.example", timeout=20) as smtp:
                smtp.sendmail("carol@example.net", ["alice@example.org"], dialogues.MESSAGE)
            sessions = proxy.wait_sessions(1, 30)
            log = postfix.log()
    checks.holds("Postfix sends through the proxy", len(sessions) == 1, log)
    if sessions:
        decrypted(checks, "Postfix", sessions[0], "starttls", False)
        checks.equal("Postfix: the mail is decoded", [m["accepted"] for m in sessions[0]["messages"]], [True])
    checks.holds("Postfix: it verified MailTap's certificate", "Verified TLS connection established to localhost" in log,
                 log)
    checks.equal("Postfix: the mail is delivered", len(servers.wait_delivered("alice", 1)), 1)


def sidecar(checks, bench):
    """The rule of the recipe: all ports of mail, redirected unless a user of MailTap's own sends it."""
    try:
        namespace.inside(lambda: _beside(checks, bench))
    except namespace.Unavailable as why:
        print(f"  skip  sidecar: {why}", flush=True)


def _beside(checks, bench):
    server, user = "198.51.100.25", 990
    home = Path(tempfile.mkdtemp(prefix="mailtap-sidecar-"))
    os.chown(home, user, user)
    namespace.command("ip", "addr", "add", f"{server}/32", "dev", "lo")
    pem = certificate(bench.work, "sidecar", "DNS:mail.example.org")
    for path in (pem, bench.work):
        path.chmod(0o755)
    own, mailtap.HOME = mailtap.HOME, str(home)
    try:
        with Proxy({"transparent": ""}, "--format", "ndjson", "--upstream-ca", pem, "--transparent", bare=True,
                   user=user, group=user) as proxy:
            namespace.command("iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-m", "multiport", "--dports",
                              "25,465,587,110,995,143,993", "-m", "owner", "!", "--uid-owner", str(user), "-j", "REDIRECT",
                              "--to-ports", str(proxy.at["transparent"][1]))
            context = ssl.create_default_context(cadata=(home / "ca.pem").read_text())
            with TLSServer(pem, "starttls", at=(server, 587)), smtplib.SMTP(server, 587, timeout=20) as smtp:
                smtp._host = "mail.example.org"  # what its context is to verify
                smtp.starttls(context=context)
                smtp.sendmail("carol@example.net", ["alice@example.org"], dialogues.MESSAGE)
            with TLSServer(pem, "implicit", pop3=True, at=(server, 995)), socket.create_connection((server, 995)) as peer:
                with context.wrap_socket(peer, server_hostname="mail.example.org") as pop3:
                    pop3.recv(1000)
                    pop3.sendall(b"QUIT\r\n")
                    pop3.recv(1000)
            sessions = proxy.wait_sessions(2)
    finally:
        mailtap.HOME = own
        shutil.rmtree(home, ignore_errors=True)
    checks.equal("the application's mail goes through MailTap, which speaks to the server itself",
                 [(s["protocol"], s["server"]["address"], s["server"]["port"], s["tls"]["upstream"]["verified"])
                  for s in sessions], [("smtp", server, 587, True), ("pop3", server, 995, True)])


class Postfix:
    """Context manager: a second Postfix, which takes any mail at `port` and has these lines in its main.cf."""

    def __init__(self, lines):
        self.lines = lines
        self.port = free_ports(["in"])["in"]

    def __enter__(self):
        self.root = Path(tempfile.mkdtemp(prefix="mailtap-relay-"))
        self.root.chmod(0o755)
        for name in ("etc", "spool", "data", "log"):
            (self.root / name).mkdir()
        shutil.chown(self.root / "data", "postfix")
        (self.root / "etc" / "main.cf").write_text(
            f"compatibility_level = 3.6\nmaillog_file = {self.root}/log/postfix.log\nmaillog_file_prefixes = {self.root}\n"
            f"queue_directory = {self.root}/spool\ndata_directory = {self.root}/data\nmail_owner = postfix\n"
            "setgid_group = postdrop\nmyhostname = relay.example.org\nmydestination =\nmynetworks = 127.0.0.0/8\n"
            "inet_interfaces = loopback-only\ninet_protocols = ipv4\nalias_maps =\nsmtp_host_lookup = native\n"
            "disable_dns_lookups = yes\nsmtp_tls_loglevel = 1\n" + self.lines)
        (self.root / "etc" / "master.cf").write_text(
            MASTER_CF + "smtp unix - - n - - smtp\nrelay unix - - n - - smtp\n"
            f"127.0.0.1:{self.port} inet n - n - - smtpd\n")
        etc = str(self.root / "etc")
        subprocess.run(["/usr/sbin/postfix", "-c", etc, "check"], capture_output=True)
        daemons = subprocess.run(["/usr/sbin/postconf", "-c", etc, "-h", "daemon_directory"], capture_output=True,
                                 text=True, check=True).stdout.strip()
        self.process = subprocess.Popen([f"{daemons}/master", "-c", etc, "-d"], start_new_session=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port, dead=lambda: self.process.poll() is not None)
        return self

    def log(self):
        return (self.root / "log" / "postfix.log").read_text(errors="replace")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)
