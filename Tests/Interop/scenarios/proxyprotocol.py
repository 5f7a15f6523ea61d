"""The PROXY protocol, accepted and sent: the true client is in the record, and the server is told of it first."""

import smtplib
import socket
import ssl
import subprocess
import threading

import dialogues
from mailtap import Proxy
from servers import free_ports, wait_for_port
from tlsserver import TLSServer, certificate


def run(checks, bench):
    for version, begins in (("1", b"PROXY TCP4 192.0.2.7 127.0.0.1 50001 "), ("2", b"\r\n\r\n\0\r\nQUIT\n\x21\x11")):
        heard = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=_serve, args=(listener, heard), daemon=True).start()
            with Proxy({"smtp": f"smtp://127.0.0.1:{listener.getsockname()[1]}"}, "--accept-proxy-protocol",
                       "--send-proxy-protocol", version, "--format", "ndjson") as proxy:
                with socket.create_connection(proxy.at["smtp"], timeout=20) as peer:
                    peer.sendall(b"PROXY TCP4 192.0.2.7 198.51.100.1 50001 25\r\nQUIT\r\n")
                    while peer.recv(1000):
                        pass
                session = proxy.wait_sessions(1)[0]
                checks.equal(f"version {version}: the true client is in the record",
                             (session["client"]["address"], session["client"]["port"]), ("192.0.2.7", 50001))
                checks.holds(f"version {version}: the server hears the header first, then the client",
                             heard and heard[0].startswith(begins) and b"".join(heard).endswith(b"QUIT\r\n"), heard)
                with socket.create_connection(proxy.at["smtp"], timeout=20) as peer:
                    peer.sendall(b"EHLO without.example\r\n")
                    checks.equal(f"version {version}: without a header nothing is said", peer.recv(1000), b"")
    _under_tls(checks, bench)


def _under_tls(checks, bench):
    """The header and the ClientHello in one segment."""
    pem = certificate(bench.work, "header")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with TLSServer(pem, "implicit") as fake, Proxy(
            {"smtps": f"smtps://127.0.0.1:{fake.port}"}, "--accept-proxy-protocol", "--upstream-insecure",
            "--format", "ndjson") as proxy:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(proxy.at["smtps"], timeout=20) as peer:
            first = b"PROXY TCP4 192.0.2.7 198.51.100.1 50001 465\r\n"
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    peer.sendall(first + outgoing.read())
                    first = b""
                    incoming.write(peer.recv(4096))
            tls.write(b"QUIT\r\n")
            peer.sendall(outgoing.read())
            while peer.recv(4096):
                pass
        session = proxy.wait_sessions(1)[0]
        checks.equal("a hello right behind the header: seen through, with the true client",
                     (session["tls"]["decrypted"], session["client"]["address"]), (True, "192.0.2.7"))


def _serve(listener, heard):
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with peer:
            heard.append(peer.recv(1000))
            peer.sendall(b"220 mx.example.org ESMTP\r\n")
            while b"QUIT\r\n" not in heard[-1]:
                more = peer.recv(1000)
                if not more:
                    break
                heard.append(more)
            peer.sendall(b"221 2.0.0 bye\r\n")


def real(checks, bench):
    """A real HAProxy before MailTap and behind it, and Postfix's postscreen and smtpd behind it."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, heard), daemon=True).start()
        ports = free_ports(["v1", "v2", "behind"])
        routes = {"one": f"smtp://127.0.0.1:{bench.servers.ports['smtp']}",
                  "two": f"smtp://127.0.0.1:{bench.servers.ports['smtp']}"}
        with Proxy(routes, "--accept-proxy-protocol", "--format", "ndjson") as proxy, \
                HAProxy(bench.work, f"""
                    frontend v1
                        bind 127.0.0.1:{ports['v1']}
                        default_backend v1
                    backend v1
                        server mailtap 127.0.0.1:{proxy.at['one'][1]} send-proxy
                    frontend v2
                        bind 127.0.0.1:{ports['v2']}
                        default_backend v2
                    backend v2
                        server mailtap 127.0.0.1:{proxy.at['two'][1]} send-proxy-v2
                    frontend behind
                        bind 127.0.0.1:{ports['behind']} accept-proxy
                        default_backend behind
                    backend behind
                        server hears 127.0.0.1:{listener.getsockname()[1]} send-proxy
                    """, ports.values()):
            known = len(proxy.sessions())
            for version in ("v1", "v2"):
                with smtplib.SMTP("127.0.0.1", ports[version], local_hostname="client.example", timeout=20) as smtp:
                    own = smtp.sock.getsockname()
                    smtp.sendmail("carol@example.net", ["alice@example.org"], dialogues.MESSAGE)
                known += 1
                proxy.wait(lambda: any(s["client"]["port"] == own[1] for s in proxy.sessions()))
                session = next((s for s in proxy.sessions() if s["client"]["port"] == own[1]), None)
                checks.holds(f"behind HAProxy, {version}: the true client is in the record, its mail decoded",
                             session and session["client"]["address"] == own[0] and len(session["messages"]) == 1,
                             proxy.sessions())
            for name, options in (("as it is", []), ("1", ["1"]), ("2", ["2"])):
                with Proxy({"smtp": f"smtp://127.0.0.1:{ports['behind']}"}, "--accept-proxy-protocol",
                           "--send-proxy-protocol", *options) as before:
                    _spoken_as("192.0.2.7", before.at["smtp"])
                checks.holds(f"before HAProxy, --send-proxy-protocol {name}: it tells the true client on",
                             any(said.startswith(b"PROXY TCP4 192.0.2.7 ") for said in heard), heard)
                heard.clear()
    _postfix(checks, bench)


def _spoken_as(client, at, words=b"QUIT\r\n"):
    """Says a header of the PROXY protocol and some words, and returns what was answered."""
    with socket.create_connection(at, timeout=20) as peer:
        peer.sendall(f"PROXY TCP4 {client} 127.0.0.1 50001 25\r\n".encode() + words)
        said = b""
        while more := peer.recv(1000):
            said += more
    return said


def _postfix(checks, bench):
    log = bench.servers.root / "postfix" / "log" / "postfix.log"
    for number, version in ((7, "1"), (8, "2")):
        for name, words in (("behind", "connect from unknown"), ("screened", "CONNECT from ")):
            client = f"192.0.2.{number}"
            with Proxy({"smtp": f"smtp://127.0.0.1:{bench.servers.ports[name]}"}, "--accept-proxy-protocol",
                       "--send-proxy-protocol", version, "--format", "ndjson") as proxy:
                with socket.create_connection(proxy.at["smtp"], timeout=20) as peer:
                    peer.sendall(f"PROXY TCP4 {client} 127.0.0.1 50001 25\r\n".encode())
                    greeting = peer.recv(1000)
                    while b"220 " not in greeting:
                        greeting += peer.recv(1000)
                    peer.sendall(b"QUIT\r\n")
                    while peer.recv(1000):
                        pass
                session = proxy.wait_sessions(1)[0]
            checks.equal(f"Postfix {name}, version {version}: decoded", (session["protocol"], session["ending"]),
                         ("smtp", "quit"))
            checks.holds(f"Postfix {name}, version {version}: its log has the true client",
                         f"{words}[{client}]" in log.read_text(), log.read_text()[-1500:])


class HAProxy:
    """Context manager: a HAProxy with these frontends and backends."""

    def __init__(self, work, configuration, ports):
        self.path, self.ports = work / "haproxy.cfg", ports
        self.path.write_text("defaults\n    mode tcp\n    timeout connect 10s\n    timeout client 60s\n"
                             "    timeout server 60s\n" + configuration.rstrip() + "\n")

    def __enter__(self):
        self.process = subprocess.Popen(["haproxy", "-f", self.path, "-db"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for port in self.ports:
            wait_for_port(port, dead=lambda: self.process.poll() is not None)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
