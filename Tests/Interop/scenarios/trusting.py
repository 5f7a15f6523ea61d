"""The authority: renewed, unusable, and trusted by every program of `ca install-help` that Debian has."""

import os
import re
import shutil
import smtplib
import ssl
import stat
import subprocess

import dialogues
import mailtap
from mailtap import Proxy
from scenarios.clients import Drive
from scenarios.tls import decrypted
from servers import USERS
from tlsserver import TLSServer, certificate

ALICE = USERS["alice"]


def authority(checks, bench):
    """`ca renew` and a home that can't be used."""
    home, mailtap.HOME = mailtap.HOME, str(bench.work / "renewed")
    try:
        _renewed(checks, bench)
        mailtap.HOME = str(bench.work / "no-directory")
        (bench.work / "no-directory").write_text("a file\n")
        result = mailtap.run("proxy", "0=smtp://127.0.0.1:9")
        checks.holds("a home that can't be used ends the proxy at its start, with 73 and what to try",
                     result.status == 73 and b"MAILTAP_HOME" in result.err and b"listening" not in result.err, result)
        with Proxy({"smtp": "smtp://127.0.0.1:9"}, "--tls", "pass"):
            checks.holds("--tls pass needs no home", True)
    finally:
        mailtap.HOME = home


def _renewed(checks, bench):
    pem = certificate(bench.work, "renewal")
    first = mailtap.run("ca", "export").out
    old = ssl.create_default_context(cadata=first.decode())
    with TLSServer(pem) as fake:
        routes = {"smtp": f"smtp://127.0.0.1:{fake.port}"}
        with Proxy(routes, "--format", "ndjson") as proxy:
            renewed = mailtap.run("ca", "renew")
            second = mailtap.run("ca", "export").out
            checks.holds("ca renew makes another authority and describes it",
                         renewed.status == 0 and b"SHA-256" in renewed.out and second != first, renewed)
            checks.holds("a proxy that runs goes on with the one before", _trusts(proxy, old))
        new = ssl.create_default_context(cadata=second.decode())
        with Proxy(routes) as proxy:
            checks.holds("the next one has the new one, which is trusted", _trusts(proxy, new))
            checks.holds("and the old one is not any more", not _trusts(proxy, old))
    mode = stat.S_IMODE(os.stat(f"{mailtap.HOME}/ca-key.pem").st_mode)
    checks.equal("the key's mode", oct(mode), "0o600")


def _trusts(proxy, context):
    try:
        with smtplib.SMTP("localhost", proxy.at["smtp"][1], local_hostname="client.example", timeout=20) as smtp:
            smtp.starttls(context=context)
            return smtp.ehlo()[0] == 250
    except ssl.SSLCertVerificationError:
        return False


def programs(checks, bench):
    """Each line of `ca install-help`, as it stands there, in the program that it is for."""
    text = mailtap.run("ca", "install-help").text
    path = re.search(r"clients must trust is (\S+)", text).group(1)
    servers, work = bench.servers, bench.work
    lines = dict(re.findall(r"^  (\S.*?)  +(\S.*)$", text, re.M))
    mail = work / "trusting.eml"
    mail.write_bytes(dialogues.MESSAGE)
    routes = {"smtp": f"smtp://127.0.0.1:{servers.ports['smtp']}", "pop3": f"pop3://localhost:{servers.ports['pop3']}"}
    with Proxy(routes, "--format", "ndjson", "--upstream-ca", servers.root / "cert.pem") as proxy:
        drive = Drive(checks, bench, proxy)
        smtp, pop3 = drive.port("smtp"), drive.port("pop3")
        servers.empty("alice")
        _, session = drive.program("curl", "curl", "-sS", "--ssl-reqd", *lines["curl"].split(), f"smtp://localhost:{smtp}",
                                   "--mail-from", "carol@example.net", "--mail-rcpt", "alice@example.org", "-T", mail)
        decrypted(checks, "curl", session, "starttls", True)
        _, session = drive.program("openssl", "openssl", "s_client", "-connect", f"localhost:{smtp}", "-starttls", "smtp",
                                   *lines["openssl s_client"].split(), "-quiet", stdin=b"QUIT\r\n")
        decrypted(checks, "openssl", session, "starttls", True)
        _, session = drive.program("swaks", "swaks", "--server", "127.0.0.1", "--port", smtp, "--tls",
                                   *lines["swaks"].split(), "--helo", "client.example", "--from", "carol@example.net",
                                   "--to", "alice@example.org", "--suppress-data")
        decrypted(checks, "swaks", session, "starttls", True)
        servers.wait_delivered("alice", 2)
        servers.settle("alice")
        rc = work / "fetchmailrc"
        # fetchmail's two words stand in a user's options.
        options = " ".join(lines["fetchmail"].split(", ")).replace(path, f'"{path}"')
        rc.write_text(f'poll localhost protocol pop3 port {pop3}\n  user "alice" password "{ALICE}"\n'
                      f'  {options} sslproto "TLS1.2+"\n  mda "cat >> {work}/fetched" keep\n')
        rc.chmod(0o600)
        _, session = drive.program("fetchmail", "fetchmail", "-f", rc, "--pidfile", work / "fetchmail.pid", "-s", "-i",
                                   work / "fetchids")
        decrypted(checks, "fetchmail", session, "starttls", True)
        _mutt(drive, lines["mutt, neomutt"], smtp)
        _java(checks, work, lines["Java"])
        _system(checks, bench, lines["Debian, Ubuntu"], path, smtp)


def _mutt(drive, line, port):
    rc = drive.bench.work / "muttrc"
    rc.write_text(f'{line}\nset smtp_url="smtp://localhost:{port}"\nset ssl_starttls=yes\nset ssl_force_tls=yes\n'
                  'set from="carol@example.net"\nset hostname="client.example"\nset copy=no\nunset ssl_usesystemcerts\n')
    _, session = drive.program("mutt", "mutt", "-n", "-F", rc, "-s", "from mutt", "alice@example.org", stdin=b"hello\n")
    decrypted(drive.checks, "mutt", session, "starttls", True)


def _java(checks, work, line):
    if not shutil.which("keytool"):
        print("  skip  Java: there is no keytool", flush=True)
        return
    done = subprocess.run([*line.split(), "-storepass", "changeit", "-noprompt"], cwd=work, capture_output=True, text=True)
    listed = subprocess.run(["keytool", "-list", "-keystore", "mailtap.jks", "-storepass", "changeit"], cwd=work,
                            capture_output=True, text=True).stdout
    checks.holds("Java: keytool takes it as trusted", "trustedCertEntry" in listed, done.stdout + done.stderr + listed)


def _system(checks, bench, line, path, port):
    """The whole system, in a mount namespace whose /etc/ssl and /usr/local/share are of its own."""
    private = bench.work / "system"
    private.mkdir()
    script = f"""set -e
        for place in etc/ssl usr/local/share/ca-certificates; do
            mkdir -p {private}/$place /$place
            cp -a /$place/. {private}/$place/
            mount --bind {private}/$place /$place
        done
        export PATH=$PATH:/usr/sbin
        {line}
        curl -sS --ssl-reqd smtp://localhost:{port} -X NOOP"""
    done = subprocess.run(["unshare", "-m", "bash", "-c", script], capture_output=True, text=True, timeout=120)
    if "unshare failed" in done.stderr or "permission denied" in done.stderr:
        print(f"  skip  Debian, Ubuntu: {done.stderr.strip()}", flush=True)
        return
    checks.equal("Debian, Ubuntu: curl verifies without further ado", done.returncode, 0)
    untouched = subprocess.run(["curl", "-sS", "--ssl-reqd", f"smtp://localhost:{port}", "-X", "NOOP"],
                               capture_output=True)
    checks.equal("and outside that it does not", untouched.returncode, 60)
