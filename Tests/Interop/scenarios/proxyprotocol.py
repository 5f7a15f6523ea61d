"""The PROXY protocol, accepted and sent: the true client is in the record, and the server is told of it first."""

import socket
import ssl
import threading

from mailtap import Proxy
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
