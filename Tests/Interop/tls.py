"""TLS for the checks: contexts for each way of protecting records, and a small SMTP server that takes them all.

A real Postfix chooses for itself; the server here negotiates exactly what a check wants to see decrypted.
"""

import socket
import ssl
import subprocess
import threading
from pathlib import Path

# OpenSSL's options that Python's ssl has no name for.
NO_ENCRYPT_THEN_MAC = 1 << 19
NO_EXTENDED_MASTER_SECRET = 1 << 0

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

# name: (version, cipher suite as OpenSSL calls it, options of both sides)
VARIANTS = {
    "tls13": (TLS13, None, 0),  # the suite is the client's choice, which Python leaves to OpenSSL
    "tls12-aes128-gcm": (TLS12, "ECDHE-RSA-AES128-GCM-SHA256", 0),
    "tls12-aes256-gcm": (TLS12, "ECDHE-RSA-AES256-GCM-SHA384", 0),
    "tls12-chacha20": (TLS12, "ECDHE-RSA-CHACHA20-POLY1305", 0),
    "tls12-rsa-aes128-gcm": (TLS12, "AES128-GCM-SHA256", 0),
    "tls12-cbc-sha1": (TLS12, "ECDHE-RSA-AES128-SHA", 0),
    "tls12-cbc-sha256": (TLS12, "ECDHE-RSA-AES128-SHA256", 0),
    "tls12-cbc-sha384": (TLS12, "ECDHE-RSA-AES256-SHA384", 0),
    "tls12-cbc-sha1-no-etm": (TLS12, "ECDHE-RSA-AES256-SHA", NO_ENCRYPT_THEN_MAC),
    "tls12-cbc-sha256-no-etm": (TLS12, "AES256-SHA256", NO_ENCRYPT_THEN_MAC),
    "tls12-cbc-sha384-no-etm": (TLS12, "ECDHE-RSA-AES256-SHA384", NO_ENCRYPT_THEN_MAC),
    "tls12-no-ems": (TLS12, "ECDHE-RSA-AES128-GCM-SHA256", NO_EXTENDED_MASTER_SECRET),
}


def trusting(keylog=None, version=None, ciphers=None, options=0):
    """A client's context that accepts any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _limit(context, version, ciphers, options)
    if keylog:
        context.keylog_filename = str(keylog)
    return context


def _limit(context, version, ciphers, options):
    if version:
        context.minimum_version = context.maximum_version = version
    if ciphers and version == TLS12:
        context.set_ciphers(ciphers + ":@SECLEVEL=0")
    context.options |= options


def certificate(folder):
    """A self-signed certificate with an RSA key, which every key exchange can use: (certificate, key)."""
    paths = Path(folder) / "tls-cert.pem", Path(folder) / "tls-key.pem"
    if not paths[0].exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", paths[1], "-out",
                        paths[0], "-days", "30", "-subj", "/CN=mx.example.org",
                        "-addext", "subjectAltName=DNS:mx.example.org,DNS:localhost"],
                       check=True, capture_output=True)
    return paths


class MailServer:
    """Context manager: a small SMTP server on a free port of 127.0.0.1, with STARTTLS or with TLS from the start."""

    def __init__(self, folder, variant, implicit=False, port=0):
        version, ciphers, options = VARIANTS[variant]
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*map(str, certificate(folder)))
        _limit(self._context, version, ciphers, options)
        self._implicit = implicit
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(20)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._implicit:
                connection = self._context.wrap_socket(connection, server_side=True)
            connection.sendall(b"220 mx.example.org ESMTP small\r\n")
            self._talk(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def _talk(self, connection):
        lines = connection.makefile("rb")
        while line := lines.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"EHLO":
                connection.sendall(b"250-mx.example.org\r\n250-8BITMIME\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n")
            elif verb == b"STARTTLS":
                connection.sendall(b"220 2.0.0 Ready to start TLS\r\n")
                connection = self._context.wrap_socket(connection, server_side=True)
                lines = connection.makefile("rb")
            elif verb == b"AUTH":
                connection.sendall(b"235 2.7.0 Authentication successful\r\n")
            elif verb == b"DATA":
                connection.sendall(b"354 End data with <CR><LF>.<CR><LF>\r\n")
                while lines.readline() not in (b".\r\n", b""):
                    pass
                connection.sendall(b"250 2.0.0 Ok: queued\r\n")
            elif verb == b"QUIT":
                connection.sendall(b"221 2.0.0 Bye\r\n")
                return
            else:
                connection.sendall(b"250 2.0.0 Ok\r\n")
