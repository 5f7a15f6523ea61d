"""The ways in beside routes: connections that the system redirected (`--transparent`), and SOCKS5 (`--socks`)."""

import smtplib
import socket
import ssl
import subprocess
import time

import dialogues
import mailtap
import namespace
from mailtap import Proxy, analyze
from scenarios.tls import _authority
from servers import USERS
from tlsserver import TLSServer, certificate

ALICE = USERS["alice"]


# MARK: SOCKS

def socks(checks, bench):
    """curl and a client written here, names and addresses, logins, servers that are not there."""
    ca, servers = _authority(bench), bench.servers
    ports, mail = servers.ports, bench.work / "socks.eml"
    mail.write_bytes(dialogues.MESSAGE)
    with SOCKSProxy("--upstream-ca", servers.root / "cert.pem", "--record", bench.work / "socks.mailtap") as proxy:
        through = ["--socks5-hostname", f"127.0.0.1:{proxy.port}", "--cacert", ca, "-sS"]
        servers.empty("alice")
        _curl(checks, "curl smtp", *through, "--ssl-reqd", f"smtp://localhost:{ports['smtp']}", "--mail-from",
              "carol@example.net", "--mail-rcpt", "alice@example.org", "-T", mail)
        checks.equal("curl smtp: delivered", len(servers.wait_delivered("alice", 1)), 1)
        session = proxy.wait_sessions(1)[0]
        checks.equal("curl smtp: the protocol is what was said, the server the one asked for",
                     (session["protocol"], session["server"]["name"], session["server"]["port"], session["ending"]),
                     ("smtp", "localhost", ports["smtp"], "quit"))
        checks.equal("curl smtp: seen through, and the server's certificate is for the name asked for",
                     (session["tls"]["decrypted"], session["tls"]["upstream"]["verified"]), (True, True))
        for number, (scheme, option) in enumerate((("pop3", "--ssl-reqd"), ("pop3s", "-k")), 2):
            out = _curl(checks, f"curl {scheme}", *through, option, "--login-options", "AUTH=PLAIN",
                        f"{scheme}://localhost:{ports[scheme]}/1", "-u", f"alice:{ALICE}")
            checks.holds(f"curl {scheme}: the mail", b"Subject:" in out, out)
            session = proxy.wait_sessions(number)[-1]
            checks.equal(f"curl {scheme}: decoded", (session["protocol"], len(session["messages"])), ("pop3", 1))
        for kind, host in (("an IPv4 address", "127.0.0.1"), ("an IPv6 address", "::1")):
            if kind == "an IPv6 address" and not servers.ipv6:
                continue
            peer, reply = connect(proxy.port, host, ports["smtp"])
            peer.sendall(b"QUIT\r\n")
            heard = _all(peer)
            checks.holds(f"{kind}: SOCKS says yes and where from, then the server speaks",
                         reply[:2] == b"\5\0" and reply[-2:] != b"\0\0" and heard.startswith(b"220 "), (reply, heard))
        session = proxy.wait_sessions(4)[-1]
        checks.equal("an address: in the record", session["server"]["port"], ports["smtp"])
        _mistakes(checks, proxy)
        session = proxy.sessions()[-1]
        checks.holds("a server that is not there: in the record, and nothing is said in its place",
                     "connect-failed" in str(session.get("troubles")) and session["exchanges"] == [], session)
    checks.holds("no octet of SOCKS and no password is recorded",
                 ALICE.encode() not in (bench.work / "socks.mailtap").read_bytes())
    checks.equal("the recording tells the same number of sessions", len(analyze(bench.work / "socks.mailtap")),
                 len(proxy.sessions()))
    _login(checks, bench)
    _names(checks, bench, ca)


def _mistakes(checks, proxy):
    free = socket.create_server(("127.0.0.1", 0))
    nobody = free.getsockname()[1]
    free.close()
    _, reply = connect(proxy.port, "127.0.0.1", nobody)
    checks.equal("nobody listens there: refused", reply[1:2], b"\5")
    _, reply = connect(proxy.port, "no-such-host.invalid", 25)
    checks.equal("a name that does not exist: host unreachable", reply[1:2], b"\4")
    _, reply = connect(proxy.port, "127.0.0.1", 25, command=2)
    checks.equal("BIND is not supported", reply[1:2], b"\7")
    for octets, words in ((b"\4\1\0\x19\x7f\0\0\1\0", "SOCKS version 4"), (b"EHLO me\r\n", "does not speak SOCKS")):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as peer:
            peer.sendall(octets)
            checks.equal(f"{words}: the connection ends", peer.recv(100), b"")
        checks.holds(f"{words}: said on standard error", proxy.wait(lambda: words in proxy.error_text),
                     proxy.error_text)


def _login(checks, bench):
    secret = bench.work / "socks-password"
    secret.write_text("open sesame\n")
    port = bench.servers.ports["smtp"]
    with SOCKSProxy("--socks-user", "ali", "--socks-password-file", secret) as proxy:
        peer, reply = connect(proxy.port, "127.0.0.1", port, login=(b"ali", b"open sesame"))
        checks.equal("the right password is let in", reply[:2], b"\5\0")
        peer.close()
        for name, login in (("a wrong password", (b"ali", b"sesame")), ("no login", None)):
            try:
                connect(proxy.port, "127.0.0.1", port, login=login)
                checks.fail(f"{name} is kept out")
            except PermissionError:
                checks.holds(f"{name} is kept out", True)
        checks.holds("no password on standard error", "sesame" not in proxy.error_text, proxy.error_text)


def _names(checks, bench, ca):
    """The name asked for is the one that the server's certificate must be for, also under implicit TLS."""
    pem = certificate(bench.work, "asked", "DNS:localhost")
    context = ssl.create_default_context(cafile=ca)
    with TLSServer(pem, "implicit") as fake, SOCKSProxy("--upstream-ca", pem) as proxy:
        for host, works in (("localhost", True), ("127.0.0.1", False)):
            peer, _ = connect(proxy.port, host, fake.port)
            with context.wrap_socket(peer, server_hostname="mail.example" if host != "localhost" else host) as tls:
                said = tls.recv(1000)
                if works:
                    tls.sendall(b"QUIT\r\n")
                    _all(tls)
            checks.equal(f"asked for {host}: the server's certificate is {'good' if works else 'refused'}",
                         said.startswith(b"220 "), works)
        sessions = proxy.wait_sessions(2)
        checks.equal("what was found is in the record", [s["tls"]["upstream"]["verified"] for s in sessions],
                     [True, False])


class SOCKSProxy(Proxy):
    """A proxy with nothing but a SOCKS front door, at `port`."""

    def __init__(self, *options):
        super().__init__({}, "--socks", "0", "--format", "ndjson", *options)

    def _listening(self):
        self.listening = [line for line in self.error_text.splitlines() if line.startswith("listening ")]
        return bool(self.listening)

    def __enter__(self):
        super().__enter__()
        self.port = int(self.listening[0].split(" -> ")[0].rsplit(":", 1)[1])
        return self


def connect(port, host, target, command=1, login=None):
    """Connects through SOCKS5, octet by octet as RFC 1928 has it; the socket, and the reply to the request."""
    peer = socket.create_connection(("127.0.0.1", port), timeout=20)
    peer.sendall(b"\5\1\2" if login else b"\5\1\0")
    chosen = _exactly(peer, 2)
    if chosen[1] == 0xFF:
        raise PermissionError("no method")
    if chosen[1] == 2:
        peer.sendall(b"\1" + bytes([len(login[0])]) + login[0] + bytes([len(login[1])]) + login[1])
        if _exactly(peer, 2)[1] != 0:
            raise PermissionError("wrong login")
    if ":" in host:
        address = b"\4" + socket.inet_pton(socket.AF_INET6, host)
    elif host[0].isdigit():
        address = b"\1" + socket.inet_aton(host)
    else:
        address = b"\3" + bytes([len(host)]) + host.encode()
    for octet in b"\5" + bytes([command]) + b"\0" + address + target.to_bytes(2, "big"):
        peer.sendall(bytes([octet]))
    reply = _exactly(peer, 4)
    return peer, reply + _exactly(peer, (4 if reply[3] == 1 else 16) + 2)


def _exactly(peer, count):
    octets = b""
    while len(octets) < count:
        more = peer.recv(count - len(octets))
        if not more:
            raise ConnectionError(f"closed behind {octets!r}")
        octets += more
    return octets


def _all(peer):
    octets = b""
    try:
        while more := peer.recv(65536):
            octets += more
    except OSError:
        pass
    return octets


def _curl(checks, name, *arguments):
    done = subprocess.run(["curl", *map(str, arguments)], capture_output=True, timeout=60)
    checks.equal(f"{name} ends with 0", (done.returncode, done.stderr.decode()), (0, ""))
    return done.stdout


# MARK: Transparent

SERVER4, SERVER6, SPARED = "192.0.2.25", "2001:db8::25", 61234


def transparent(checks, bench):
    """Redirected connections in a network namespace of their own, by iptables and by nftables."""
    direct = mailtap.run("proxy", "--transparent")
    checks.equal("--transparent without LISTEN: 64", direct.status, 64)
    for name, redirect, hosts in (("iptables", _iptables, [SERVER4]), ("nft", _nft, [SERVER4, SERVER6])):
        try:
            namespace.inside(lambda: _redirected(checks, bench, name, redirect, hosts))
        except namespace.Unavailable as why:
            print(f"  skip  {name}: {why}", flush=True)


def _iptables(port, spares=True):
    owner = ["-m", "owner", "!", "--gid-owner", str(SPARED)] if spares else []
    namespace.command("iptables", "-t", "nat", "-F", "OUTPUT")
    namespace.command("iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-d", SERVER4, *owner, "-j", "REDIRECT",
                      "--to-ports", str(port))


def _nft(port, spares=True):
    owner = f"meta skgid != {SPARED}" if spares else ""
    namespace.command("nft", "-f", "-", stdin=f"""
        table inet mailtap
        delete table inet mailtap
        table inet mailtap {{
            chain out {{
                type nat hook output priority -100;
                ip daddr {SERVER4} meta l4proto tcp {owner} redirect to :{port}
                ip6 daddr {SERVER6} meta l4proto tcp {owner} redirect to :{port}
            }}
        }}""")


def _redirected(checks, bench, name, redirect, hosts):
    for host in hosts:
        namespace.command("ip", "addr", "add", f"{host}/{32 if '.' in host else 128}", "dev", "lo", "nodad")
    listen = "127.0.0.1:0" if SERVER6 not in hosts else "[::]:0"
    pem = certificate(bench.work, f"redirected-{name}", "DNS:mail.example.org")
    context = ssl.create_default_context(cafile=_authority(bench))
    with Transparent(listen, "--upstream-ca", pem) as proxy:
        redirect(proxy.port)
        for host in hosts:
            for port, start in ((25, "starttls"), (465, "implicit"), (2600, "starttls"), (2601, "implicit")):
                _session(checks, f"{name}, {host} port {port}", proxy, context, pem, host, port, start)
        count = len(proxy.sessions())
        with socket.create_connection((hosts[0], 587), timeout=20) as peer:
            said = _all(peer)
        checks.holds(f"{name}: a server that is not there is told in the port's protocol", said.startswith(b"421 "), said)
        with socket.create_connection((hosts[0], 4711), timeout=20) as peer:
            checks.equal(f"{name}: nothing is said where the port tells no protocol", _all(peer), b"")
        proxy.wait_sessions(count + 2)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as peer:
            checks.equal(f"{name}: a connection that was not redirected ends", _all(peer), b"")
        checks.holds(f"{name}: and standard error says why", proxy.wait(lambda: "not redirected" in proxy.error_text),
                     proxy.error_text)
        _loop(checks, name, proxy, redirect, hosts)


def _session(checks, name, proxy, context, pem, host, port, start):
    count = len(proxy.sessions())
    with TLSServer(pem, start, at=(host, port)):
        kind = smtplib.SMTP if start == "starttls" else smtplib.SMTP_SSL
        more = {} if start == "starttls" else {"context": Named(context)}
        with kind(host, port, local_hostname="client.example", timeout=20, **more) as smtp:
            if start == "starttls":
                smtp._host = "mail.example.org"  # what its context is to verify
                smtp.starttls(context=context)
            smtp.sendmail("carol@example.net", ["alice@example.org"], dialogues.MESSAGE)
    session = proxy.wait_sessions(count + 1)[-1]
    server, tls = session["server"], session["tls"] or {}
    checks.equal(f"{name}: the server is the one that the client meant",
                 (server["address"], server["port"], server["name"]), (host, port, "mail.example.org"))
    checks.equal(f"{name}: seen through, the certificate verified for the client's server name",
                 (tls.get("start"), tls.get("decrypted"), (tls.get("upstream") or {}).get("verified")),
                 (start, True, True))
    checks.equal(f"{name}: the mail is decoded", [m["accepted"] for m in session["messages"]], [True])


class Named:
    """A context whose connections ask for mail.example.org, whatever address they were made to."""

    def __init__(self, context):
        self.context = context

    def wrap_socket(self, peer, server_hostname):
        return self.context.wrap_socket(peer, server_hostname="mail.example.org")


def _loop(checks, name, proxy, redirect, hosts):
    """The rule leaves nobody out: the proxy's own connection comes back to it, once."""
    redirect(proxy.port, spares=False)
    count = len(proxy.sessions())
    with socket.create_connection((hosts[0], 25), timeout=20) as peer:
        _all(peer)
    checks.holds(f"{name}: a rule that catches the proxy itself is told",
                 proxy.wait(lambda: "MailTap's own" in proxy.error_text), proxy.error_text)
    time.sleep(0.5)
    checks.equal(f"{name}: and makes one session, no more", len(proxy.sessions()) - count, 1)
    checks.equal(f"{name}: one warning", proxy.error_text.count("MailTap's own"), 1)


class Transparent(Proxy):
    """A transparent proxy that runs with a group of its own, for rules to leave out."""

    def __init__(self, listen, *options):
        super().__init__({}, "--transparent", listen, "--format", "ndjson", *options, group=SPARED)

    def _listening(self):
        self.listening = [line for line in self.error_text.splitlines() if line.startswith("listening ")]
        return bool(self.listening)

    def __enter__(self):
        super().__enter__()
        self.port = int(self.listening[0].split(" -> ")[0].rsplit(":", 1)[1])
        return self
