"""A small SMTP and POP3 server under any TLS that a check asks for; keeps what it heard, and whether under TLS."""

import socket
import ssl
import subprocess
import threading


def certificate(directory, name, names="DNS:localhost,IP:127.0.0.1", *options):
    """Makes NAME.pem and NAME.key, self-signed, valid for 30 days unless the options say otherwise."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}",
               "-addext", f"subjectAltName={names}", *(options or ("-days", "30"))]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    return directory / f"{name}.pem"


def expired_certificate(directory, name):
    """As `certificate`, but its time was the year 2020."""
    certificate(directory, name)
    (directory / f"{name}.cnf").write_text(
        f"[ca]\ndefault_ca = own\n[own]\ndatabase = {directory}/{name}.index\nserial = {directory}/{name}.serial\n"
        f"new_certs_dir = {directory}\ndefault_md = sha256\npolicy = any\nx509_extensions = names\n"
        "[any]\ncommonName = supplied\n[names]\nsubjectAltName = DNS:localhost,IP:127.0.0.1\n")
    (directory / f"{name}.index").write_text("")
    (directory / f"{name}.serial").write_text("01\n")
    for command in (["req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr"],
                    ["ca", "-batch", "-selfsign", "-config", f"{name}.cnf", "-keyfile", f"{name}.key", "-in",
                     f"{name}.csr", "-out", f"{name}.pem", "-notext", "-startdate", "20200101000000Z", "-enddate",
                     "20201231000000Z"]):
        subprocess.run(["openssl", *command], cwd=directory, check=True, capture_output=True)
    return directory / f"{name}.pem"


class TLSServer:
    """Context manager. `start`: none, starttls or implicit; `version`: the only one; `client_ca`: asks clients."""

    def __init__(self, pem, start="starttls", pop3=False, version=None, client_ca=None, behind=b"", instead=None,
                 at=("127.0.0.1", 0)):
        self.at = at
        self.start, self.pop3, self.behind, self.instead = start, pop3, behind, instead
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pem, pem.with_suffix(".key"))
        if version:
            self.context.minimum_version = self.context.maximum_version = version
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.heard, self.names, self.client_certificates = [], [], []
        self.context.sni_callback = lambda _, name, __: self.names.append(name)

    def __enter__(self):
        family = socket.AF_INET6 if ":" in self.at[0] else socket.AF_INET
        self.listener = socket.create_server(self.at, family=family, backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def lines(self, under_tls):
        """What was heard in clear or under TLS, line by line."""
        return [line for tls, line in self.heard if tls is under_tls]

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        try:
            with peer:
                self._speak(peer)
        except OSError as error:
            self.heard.append((None, repr(error).encode()))

    def _wrap(self, peer):
        wrapped = self.context.wrap_socket(peer, server_side=True)
        self.client_certificates.append(wrapped.getpeercert())
        return wrapped

    def _speak(self, peer):
        tls = self.start == "implicit"
        if tls:
            peer = self._wrap(peer)
        ok = b"+OK \r\n" if self.pop3 else b"250 2.0.0 Ok\r\n"
        peer.sendall(b"+OK ready\r\n" if self.pop3 else b"220 mx.example.org ESMTP\r\n")
        waiting, data = b"", False
        while True:
            while b"\n" not in waiting:
                more = peer.recv(65536)
                if not more:
                    return
                waiting += more
            line, waiting = waiting.split(b"\n", 1)
            line = line.rstrip(b"\r")
            if data:
                if line == b".":
                    data = False
                    peer.sendall(ok)
                continue
            self.heard.append((tls, line))
            verb = line.split(b" ")[0].upper()
            offers = self.start == "starttls" and not tls
            if verb in (b"STARTTLS", b"STLS") and offers:
                peer.sendall((b"+OK go\r\n" if self.pop3 else b"220 2.0.0 go\r\n") + self.behind)
                if self.instead is not None:
                    peer.sendall(self.instead)
                    peer.recv(65536)
                    return
                waiting = b""
                peer, tls = self._wrap(peer), True
            elif verb == b"EHLO":
                peer.sendall(b"250-mx.example.org\r\n" + (b"250-STARTTLS\r\n" if offers else b"") + b"250 SIZE\r\n")
            elif verb == b"CAPA":
                peer.sendall(b"+OK \r\nTOP\r\n" + (b"STLS\r\n" if offers else b"") + b".\r\n")
            elif verb in (b"STARTTLS", b"STLS"):
                peer.sendall(b"-ERR no\r\n" if self.pop3 else b"502 5.5.1 no\r\n")
            elif verb == b"DATA":
                data = True
                peer.sendall(b"354 go\r\n")
            elif verb == b"QUIT":
                peer.sendall(b"+OK bye\r\n" if self.pop3 else b"221 2.0.0 bye\r\n")
                return
            else:
                peer.sendall(ok)
