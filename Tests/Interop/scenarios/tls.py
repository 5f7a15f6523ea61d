"""TLS seen through: real servers and verifying clients of three TLS stacks, every pair of legs, and what goes wrong."""

import imaplib
import os
import poplib
import smtplib
import socket
import ssl
import subprocess
import threading
import time

import dialogues
import mailtap
from mailtap import Proxy, analyze
from record_captures import Tcpdump
from scenarios.clients import Drive
from servers import USERS
from tlsserver import TLSServer, certificate, expired_certificate

ALICE = USERS["alice"]
VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def _authority(bench):
    path = bench.work / "mailtap-ca.pem"
    if not path.exists():
        path.write_bytes(mailtap.run("ca", "export").out)
    return path


def real(checks, bench):
    """Postfix and Dovecot, with clients that verify."""
    ca, servers = _authority(bench), bench.servers
    ports = servers.ports
    routes = {"smtp": f"smtp://127.0.0.1:{ports['smtp']}", "submission": f"submission://127.0.0.1:{ports['submission']}",
              "smtps": f"smtps://127.0.0.1:{ports['smtps']}", "pop3": f"pop3://127.0.0.1:{ports['pop3']}",
              "pop3s": f"pop3s://127.0.0.1:{ports['pop3s']}"}
    recording = bench.work / "tls.mailtap"
    with Proxy(routes, "--format", "ndjson", "--record", recording, "--upstream-ca", servers.root / "cert.pem") as proxy:
        drive = Drive(checks, bench, proxy)
        _python(drive, ca)
        _programs(drive, ca)
        live = proxy.sessions()
        checks.equal("SIGTERM ends the proxy with 0", proxy.stop(), 0)
    octets = recording.read_bytes()
    checks.holds("no password in the recording", ALICE.encode() not in octets)
    again = analyze(recording)
    checks.equal("the recording tells the same", [(s["tls"], s["exchanges"]) for s in again],
                 [(s["tls"], s["exchanges"]) for s in sorted(live, key=lambda s: s["started"])])
    decode = [f"-dtcp.port=={ports[name]},{'pop' if name.startswith('pop') else 'smtp'}" for name in routes]
    # tshark 4.0 gives the first four letters of an SMTP command.
    seen = subprocess.run(["tshark", "-r", recording, *decode, "-Tfields", "-e", "smtp.req.command", "-e",
                           "pop.request.command"], capture_output=True, text=True).stdout.split()
    checks.holds("tshark decodes the plaintext", {"RCPT", "RETR", "STAR", "STLS"} <= set(seen), seen)


def _python(drive, ca):
    checks, servers = drive.checks, drive.servers
    context = ssl.create_default_context(cafile=ca)
    servers.empty("alice")
    with smtplib.SMTP("localhost", int(drive.port("submission")), local_hostname="client.example") as smtp:
        smtp.starttls(context=context)
        smtp.login("alice", ALICE)
        smtp.sendmail("alice@example.org", ["alice@example.org"], dialogues.MESSAGE)
    session = drive.session("smtplib STARTTLS")
    drive.delivered("smtplib STARTTLS", session)
    decrypted(checks, "smtplib STARTTLS", session, "starttls", True)
    checks.holds("smtplib STARTTLS: the password is not shown", ALICE not in str(session), session)
    servers.empty("alice")
    # No name is sent for an address: the certificate must be for it all the same.
    with smtplib.SMTP_SSL("127.0.0.1", int(drive.port("smtps")), context=context, local_hostname="c.example") as smtp:
        smtp.sendmail("carol@example.net", ["alice@example.org"], dialogues.MESSAGE)
    session = drive.session("smtplib TLS")
    drive.delivered("smtplib TLS", session)
    decrypted(checks, "smtplib TLS", session, "implicit", True)
    pop3 = poplib.POP3("localhost", int(drive.port("pop3")))
    pop3.stls(context=context)
    pop3.user("alice")
    pop3.pass_(ALICE)
    checks.equal("poplib STLS: STAT", pop3.stat()[0], 1)
    pop3.quit()
    decrypted(checks, "poplib STLS", drive.session("poplib STLS"), "starttls", True)
    pop3 = poplib.POP3_SSL("localhost", int(drive.port("pop3s")), context=context)
    pop3.user("alice")
    pop3.pass_(ALICE)
    body = b"\r\n".join(pop3.retr(1)[1])
    checks.holds("poplib TLS: the mail", body.endswith(dialogues.MESSAGE.rstrip(b"\r\n").split(b"\r\n")[-1]), body)
    pop3.quit()
    decrypted(checks, "poplib TLS", drive.session("poplib TLS"), "implicit", True)


def _programs(drive, ca):
    checks, servers, work = drive.checks, drive.servers, drive.bench.work
    for version, option in (("TLSv1.2", "-tls1_2"), ("TLSv1.3", "-tls1_3")):
        out, session = drive.program(
            f"openssl s_client {version}", "openssl", "s_client", "-connect", f"127.0.0.1:{drive.port('smtp')}",
            "-starttls", "smtp", option, "-CAfile", ca, "-verify_return_error", "-servername", "localhost", "-quiet",
            stdin=b"QUIT\r\n")
        decrypted(checks, f"openssl s_client {version}", session, "starttls", True)
        if session:
            checks.equal(f"openssl s_client {version}: version", session["tls"]["version"], version)
    mail = work / "tls.eml"
    mail.write_bytes(dialogues.MESSAGE)
    for name, url, start in (("STARTTLS", f"smtp://localhost:{drive.port('smtp')}", "starttls"),
                             ("TLS", f"smtps://localhost:{drive.port('smtps')}", "implicit")):
        servers.empty("alice")
        _, session = drive.program(f"curl {name}", "curl", "-sS", "--ssl-reqd", "--cacert", ca, url, "--mail-from",
                                   "carol@example.net", "--mail-rcpt", "alice@example.org", "-T", mail)
        drive.delivered(f"curl {name}", session)
        decrypted(checks, f"curl {name}", session, start, True)
    servers.empty("alice")
    _, session = drive.program("swaks --tls", "swaks", "--server", "127.0.0.1", "--port", drive.port("smtp"), "--tls",
                               "--tls-verify", "--tls-ca-path", ca, "--helo", "client.example", "--from",
                               "carol@example.net", "--to", "alice@example.org", "--suppress-data")
    drive.delivered("swaks --tls", session)
    decrypted(checks, "swaks --tls", session, "starttls", True)
    # GnuTLS, both ways.
    for name, route, option in (("STARTTLS", "smtp", "--tls-starttls=on"), ("TLS", "smtps", "--tls-starttls=off")):
        servers.empty("alice")
        _, session = drive.program(
            f"msmtp {name}", "msmtp", "--host=localhost", f"--port={drive.port(route)}", "--tls=on", option,
            f"--tls-trust-file={ca}", "--auth=off", "--from=carol@example.net", "alice@example.org",
            stdin=dialogues.MESSAGE.replace(b"\r\n", b"\n"))
        drive.delivered(f"msmtp {name}", session)
        decrypted(checks, f"msmtp {name}", session, "starttls" if route == "smtp" else "implicit", True)
    for name, route, starttls in (("STLS", "pop3", "on"), ("TLS", "pop3s", "off")):
        rc = work / f"mpop-{name}"
        rc.write_text(f"account default\nhost localhost\nport {drive.port(route)}\nuser alice\npassword {ALICE}\n"
                      f"tls on\ntls_starttls {starttls}\ntls_trust_file {ca}\nauth user\nkeep on\n"
                      f"uidls_file {work}/mpop-{name}.uidls\ndelivery mbox {work}/mpop-{name}.mbox\n")
        rc.chmod(0o600)
        _, session = drive.program(f"mpop {name}", "mpop", f"--file={rc}")
        decrypted(checks, f"mpop {name}", session, "starttls" if route == "pop3" else "implicit", True)
        checks.holds(f"mpop {name}: the mail was seen", session and len(session["messages"]) == 1, session)


def decrypted(checks, name, session, start, verified):
    """TLS that was seen through, both legs of it."""
    tls = session and session["tls"] or {}
    checks.equal(f"{name}: {start} TLS, seen through", (tls.get("start"), tls.get("decrypted")), (start, True))
    upstream = tls.get("upstream") or {}
    checks.holds(f"{name}: version and cipher of both legs",
                 all(leg.get(key) for leg in (tls, upstream) for key in ("version", "cipher")), tls)
    checks.equal(f"{name}: the server's certificate is verified", upstream.get("verified"), verified)


def _mail(port, context=None, implicit=False, starttls=False, name="localhost"):
    """One mail through the proxy; returns what EHLO offered first."""
    cls = smtplib.SMTP_SSL if implicit else smtplib.SMTP
    more = {"context": context} if implicit else {}
    with cls(name, port, local_hostname="client.example", timeout=20, **more) as smtp:
        smtp.ehlo()
        offers = smtp.esmtp_features
        if starttls:
            smtp.starttls(context=context)
        smtp.sendmail("carol@example.net", ["alice@example.org"], b"Subject: x\r\n\r\nhello\r\n")
    return {word.upper() for word in offers}


def pairs(checks, bench):
    """Every --client-tls with every --server-tls."""
    ca, pem = _authority(bench), certificate(bench.work, "pairs")
    context = ssl.create_default_context(cafile=ca)
    for client in ("none", "starttls", "implicit"):
        for server in ("none", "starttls", "implicit"):
            label = f"client {client}, server {server}"
            with TLSServer(pem, server) as fake, Proxy(
                    {"smtp": f"submission://127.0.0.1:{fake.port}"}, "--client-tls", client, "--server-tls", server,
                    "--upstream-ca", pem, "--format", "ndjson") as proxy:
                offers = _mail(proxy.at["smtp"][1], context, client == "implicit", client == "starttls")
                session = proxy.wait_sessions(1)[0]
                checks.equal(f"{label}: STARTTLS is offered to the client", "STARTTLS" in offers, client == "starttls")
                heard = fake.lines(server != "none")
                checks.holds(f"{label}: the server heard the mail where it should",
                             any(line.startswith(b"RCPT") or line.startswith(b"rcpt") for line in heard), fake.heard)
                checks.equal(f"{label}: one message", len(session["messages"]), 1)
                tls = session["tls"] or {}
                checks.equal(f"{label}: TLS in the record", (bool(tls.get("version")), bool(tls.get("upstream"))),
                             (client != "none", server != "none"))
                _told(checks, label, session, client, server)


def _told(checks, label, session, client, server):
    """What the record has of each leg: whether the client's exchanges are under TLS, and the certificates shown."""
    flags = [bool(e.get("tls")) for e in session["exchanges"]]
    verbs = [e["command"] and e["command"]["verb"] for e in session["exchanges"]]
    if client == "starttls":
        begins = verbs.index("STARTTLS") + 1
        checks.equal(f"{label}: exchanges behind STARTTLS are the client's under TLS", flags,
                     [index >= begins for index in range(len(flags))])
    else:
        # What MailTap itself says to a server that wants STARTTLS is no part of the client's leg.
        own = range(1, 3) if (client, server) == ("implicit", "starttls") else ()
        checks.equal(f"{label}: the exchanges tell of the client's leg", flags,
                     [client == "implicit" and index not in own for index in range(len(flags))])
    tls = session["tls"] or {}
    if client != "none":
        shown = (tls.get("chain") or [{}])[0]
        checks.holds(f"{label}: the certificate that the client was shown",
                     "localhost" in shown.get("names", []) and "MailTap CA" in shown.get("issuer", "")
                     and len(shown["sha256"]) == 64 and shown["not_before"] < shown["not_after"], tls)
    if server != "none":
        shown = (tls["upstream"].get("chain") or [{}])[0]
        checks.holds(f"{label}: the certificate that the server showed",
                     shown.get("subject") == shown.get("issuer") == "CN=pairs"
                     and shown.get("names") == ["localhost", "127.0.0.1"], tls)
        reason = tls["upstream"].get("reason") or ""
        checks.holds(f"{label}: why the server's certificate was accepted",
                     reason.startswith("is trusted itself, is for ") and ", valid until 2" in reason, tls)


def trouble(checks, bench):
    """Certificates that are not in order, clients that refuse ours, garbage, versions, client certificates."""
    ca, work = _authority(bench), bench.work
    context = ssl.create_default_context(cafile=ca)
    good = certificate(work, "good")
    expired = expired_certificate(work, "expired")
    other = certificate(work, "other", "DNS:other.example")
    for name, pem, words in (("self-signed", good, "self-signed"), ("expired", expired, "expired"),
                             ("another name", other, "not for")):
        _refused(checks, name, pem, words, context)
    _client_refuses(checks, good)
    _garbage(checks, good, context)
    for version, only in VERSIONS.items():
        with TLSServer(good, version=only) as fake, Proxy(
                {"smtp": f"smtp://127.0.0.1:{fake.port}"}, "--format", "ndjson") as proxy:
            _mail(proxy.at["smtp"][1], context, starttls=True)
            session = proxy.wait_sessions(1)[0]
            checks.equal(f"a server of {version} alone", session["tls"]["upstream"]["version"], version)
            checks.equal(f"a server of {version}: it hears the name that the client asked for", fake.names, ["localhost"])
            checks.equal(f"a server of {version}: and the record tells", session["tls"]["upstream"]["sni"], "localhost")
    _alpn(checks, good, ca)
    with TLSServer(good, client_ca=good) as fake, Proxy(
            {"smtp": f"smtp://localhost:{fake.port}"}, "--format", "ndjson", "--upstream-cert", good, "--upstream-key",
            good.with_suffix(".key")) as proxy:
        _mail(proxy.at["smtp"][1], context, starttls=True)
        checks.holds("a server that asks is shown the client certificate", any(fake.client_certificates),
                     fake.client_certificates)
        checks.equal("the server is asked for by its name", fake.names, ["localhost"])
    with TLSServer(good) as fake, Proxy(
            {"smtp": f"smtp://127.0.0.1:{fake.port}"}, "--cert", good, "--key", good.with_suffix(".key"),
            "--format", "ndjson") as proxy:
        _mail(proxy.at["smtp"][1], ssl.create_default_context(cafile=good), starttls=True)
        checks.holds("a certificate of the user's own is shown", proxy.wait_sessions(1)[0]["tls"]["decrypted"])


def _alpn(checks, pem, ca):
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols(["smtp", "other"])
    for start in ("starttls", "implicit"):
        with TLSServer(pem, start) as fake, Proxy({"smtp": f"{'smtps' if start == 'implicit' else 'smtp'}://127.0.0.1:{fake.port}"},
                                                  "--format", "ndjson", "--upstream-ca", pem) as proxy:
            fake.context.set_alpn_protocols(["smtp"])
            _mail(proxy.at["smtp"][1], context, implicit=start == "implicit", starttls=start == "starttls")
            tls = proxy.wait_sessions(1)[0]["tls"]
            checks.equal(f"{start}: the application protocol is agreed on with both",
                         (tls.get("alpn"), tls["upstream"]["alpn"]), ("smtp", "smtp"))


def _refused(checks, name, pem, words, context):
    with TLSServer(pem) as fake, TLSServer(pem, "implicit") as fake_implicit, Proxy(
            {"strict": f"submission://localhost:{fake.port}", "address": f"submission://127.0.0.1:{fake.port}", "lax": f"smtp://127.0.0.1:{fake.port}",
             "implicit": f"smtps://127.0.0.1:{fake_implicit.port}"}, "--format", "ndjson") as proxy:
        with smtplib.SMTP("localhost", proxy.at["strict"][1], timeout=20) as smtp:
            smtp.ehlo("client.example")
            try:
                answer = smtp.starttls(context=context)
            except smtplib.SMTPResponseException as error:
                answer = (error.smtp_code, error.smtp_error)
            smtp.close()
        checks.holds(f"{name}: submission refuses it in clear, with the reason",
                     answer[0] == 421 and words in answer[1].decode(), answer)
        session = proxy.wait_sessions(1)[-1]
        checks.holds(f"{name}: the record says why", words in str(session["tls"]["upstream"]["problem"])
                     and session["tls"]["upstream"]["verified"] is False, session["tls"])
        last = session["exchanges"][-1]
        checks.equal(f"{name}: the record holds both replies",
                     (last["reply"]["status"], last["reply"]["forwarded"]["status"]), ("220", "421"))
        # Where the route has an address, the client's hello is waited for: it may name the server.
        with smtplib.SMTP("localhost", proxy.at["address"][1], timeout=20) as smtp:
            smtp.starttls(context=context)
            answer = smtp.ehlo("client.example")
            smtp.close()
        checks.holds(f"{name}: submission at an address is told inside TLS",
                     answer[0] == 421 and words in answer[1].decode(), answer)
        tls = proxy.wait_sessions(2)[-1]["tls"]
        checks.equal(f"{name}: and the record says why", (tls["decrypted"], tls["upstream"]["verified"]), (True, False))
        _mail(proxy.at["lax"][1], context, starttls=True)
        tls = proxy.wait_sessions(3)[-1]["tls"]
        checks.holds(f"{name}: smtp goes on and says what is wrong",
                     tls["decrypted"] and words in str(tls["upstream"]["problem"]), tls)
        try:
            smtplib.SMTP_SSL("localhost", proxy.at["implicit"][1], context=context, timeout=20)
            said = None
        except smtplib.SMTPConnectError as error:
            said = (error.smtp_code, error.smtp_error.decode())
        checks.holds(f"{name}: smtps is told inside TLS", said and said[0] == 421 and words in said[1], said)


def _client_refuses(checks, pem):
    with TLSServer(pem) as fake, Proxy({"smtp": f"smtp://127.0.0.1:{fake.port}"}, "--format", "ndjson") as proxy:
        for version, only in VERSIONS.items():
            context = ssl.create_default_context()
            context.minimum_version = context.maximum_version = only
            try:
                _mail(proxy.at["smtp"][1], context, starttls=True)
            except ssl.SSLError:
                pass
            session = proxy.wait_sessions(len(proxy.sessions()) + 1)[-1]
            text = str(session.get("troubles"))
            checks.holds(f"a client of {version} that refuses our certificate: alert, certificate and hint",
                         "unknown ca" in text and "MailTap (intercepted)" in text and "--tls pass" in text, session)
            checks.equal(f"a client of {version} that refuses: not decrypted", session["tls"]["decrypted"], False)


def _garbage(checks, pem, context):
    with TLSServer(pem) as fake, TLSServer(pem, instead=b"250 nonsense\r\n" * 20) as odd, Proxy(
            {"client": f"smtp://127.0.0.1:{fake.port}", "server": f"smtp://localhost:{odd.port}"},
            "--format", "ndjson") as proxy:
        with socket.create_connection(proxy.at["client"], timeout=20) as peer:
            _say(peer, b"EHLO client.example\r\n", b"SIZE\r\n")
            _say(peer, b"STARTTLS\r\n", b"go\r\n")
            peer.sendall(b"GARBAGE instead of a handshake\r\n")
            checks.equal("garbage from a client ends its session", peer.recv(100), b"")
        session = proxy.wait_sessions(1)[-1]
        checks.holds("garbage from a client: the record says so",
                     "no handshake of TLS" in str(session.get("troubles")), session)
        with socket.create_connection(proxy.at["server"], timeout=20) as peer:
            _say(peer, b"EHLO client.example\r\n", b"SIZE\r\n")
            answer = _say(peer, b"STARTTLS\r\n", b"\r\n")
            checks.holds("garbage from a server: the client is told in clear", answer.startswith(b"421 4.7.0"), answer)
        session = proxy.wait_sessions(2)[-1]
        checks.holds("garbage from a server: the record says so",
                     "tls-server-failed" in str(session.get("troubles")), session)


def _say(peer, octets, until):
    if octets:
        peer.sendall(octets)
    heard = b""
    while not heard.endswith(until):
        more = peer.recv(4096)
        if not more:
            raise RuntimeError(f"closed behind {heard!r}")
        heard += more
    return heard


def segments(checks, bench):
    """STARTTLS split at every octet, TLS octet by octet, commands in clear behind it; a hundred sessions at once."""
    ca, pem = _authority(bench), certificate(bench.work, "segments")
    context = ssl.create_default_context(cafile=ca)
    request = b"EHLO client.example\r\nSTARTTLS\r\n"
    with TLSServer(pem) as fake, Proxy({"smtp": f"smtp://127.0.0.1:{fake.port}"}, "--format", "ndjson") as proxy:
        for cut in range(1, len(request) + 1):
            _split(context, proxy.at["smtp"], request, cut)
        sessions = proxy.wait_sessions(len(request))
        verbs = [[e["command"] and e["command"]["verb"] for e in s["exchanges"]] for s in sessions]
        checks.equal("STARTTLS cut at every octet: the dialogue is the same",
                     verbs, [[None, "EHLO", "STARTTLS", "EHLO", "QUIT"]] * len(request))
        checks.equal("and is seen through", {s["tls"]["decrypted"] for s in sessions}, {True})
        with socket.create_connection(proxy.at["smtp"], timeout=20) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _say(peer, b"", b"ESMTP\r\n")
            _say(peer, b"EHLO client.example\r\n", b"SIZE\r\n")
            _say(peer, b"STARTTLS\r\nNOOP injected\r\n", b"go\r\n")
            _drip(context, peer)
        session = proxy.wait_sessions(len(request) + 1)[-1]
        rules = [f["rule"] for f in session["findings"]]
        checks.holds("commands in clear behind STARTTLS are found", "smtp.starttls-injection" in rules, rules)
        checks.equal("and marked", [e["command"]["verb"] for e in session["exchanges"] if e.get("behind_starttls")],
                     ["NOOP"])
        checks.holds("and never came to the server under TLS",
                     b"NOOP injected" not in fake.lines(True), fake.heard[-6:])
    _hundred(checks, bench, context)


def _split(context, at, request, cut):
    with socket.create_connection(at, timeout=20) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _say(peer, b"", b"ESMTP\r\n")
        peer.sendall(request[:cut])
        time.sleep(0.005)
        _say(peer, request[cut:], b"go\r\n")
        with context.wrap_socket(peer, server_hostname="localhost") as tls:
            tls.sendall(b"EHLO again.example\r\nQUIT\r\n")
            while tls.recv(4096):
                pass


def _drip(context, peer):
    """A handshake and a command, one octet at a time."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            for octet in outgoing.read():
                peer.send(bytes([octet]))
            incoming.write(peer.recv(4096))
    tls.write(b"QUIT\r\n")
    for octet in outgoing.read():
        peer.send(bytes([octet]))
    while peer.recv(4096):
        pass


def _hundred(checks, bench, context):
    servers, ports = bench.servers, bench.servers.ports
    servers.empty("alice")
    body = b"Subject: bulk\r\nFrom: carol@example.net\r\nDate: Mon, 23 Nov 2026 06:00:00 +0000\r\n\r\n" + (b"x" * 76 + b"\r\n") * 13_000
    failures = []

    def send():
        try:
            with smtplib.SMTP("localhost", port, local_hostname="client.example", timeout=120) as smtp:
                smtp.starttls(context=context)
                smtp.sendmail("carol@example.net", ["alice@example.org"], body)
        except Exception as error:  # every failure is the check's result
            failures.append(repr(error))

    with Proxy({"smtp": f"smtp://127.0.0.1:{ports['smtp']}"}, "--format", "ndjson", "--record",
               bench.work / "hundred.mailtap") as proxy:
        port = proxy.at["smtp"][1]
        threads = [threading.Thread(target=send) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sessions = proxy.wait_sessions(100)
    checks.equal("a hundred at once, a mail of a megabyte each: no client fails", failures[:3], [])
    digests = {m["sha256"] for s in sessions for m in s["messages"]}
    checks.equal("all of them whole", (len(sessions), len(digests), sum(len(s["messages"]) for s in sessions)),
                 (100, 1, 100))
    checks.equal("all of them delivered", len(servers.wait_delivered("alice", 100, 60)), 100)
    servers.empty("alice")


def keylog(checks, bench):
    """tshark decrypts a capture of both legs with the proxy's key log."""
    ca, work, pem = _authority(bench), bench.work, certificate(bench.work, "keylog")
    for version, only in VERSIONS.items():
        keys = work / f"keys-{version}.log"
        context = ssl.create_default_context(cafile=ca)
        context.minimum_version = context.maximum_version = only
        with TLSServer(pem, version=only) as fake, Proxy(
                {"smtp": f"smtp://127.0.0.1:{fake.port}"}, "--format", "ndjson", "--keylog", keys) as proxy:
            legs = {"client": proxy.at["smtp"][1], "server": fake.port}
            with Tcpdump(work / f"client-{version}.pcap", legs["client"], []), \
                    Tcpdump(work / f"server-{version}.pcap", legs["server"], []):
                _mail(legs["client"], context, starttls=True)
                proxy.wait_sessions(1)
        checks.equal(f"{version}: the key log's mode", oct(keys.stat().st_mode & 0o777), "0o600")
        for leg, port in legs.items():
            out = subprocess.run(
                ["tshark", "-r", work / f"{leg}-{version}.pcap", "-o", f"tls.keylog_file:{keys}",
                 f"-dtcp.port=={port},smtp", "-Tfields", "-e", "smtp.req.parameter"], capture_output=True, text=True)
            checks.holds(f"{version}: tshark reads the {leg}'s leg", "TO:<alice@example.org>" in out.stdout,
                         out.stdout + out.stderr)


def imap(checks, bench):
    """IMAP's dialogue is opaque; its STARTTLS is followed all the same, and imaps seen through."""
    ca, servers = _authority(bench), bench.servers
    context = ssl.create_default_context(cafile=ca)
    recording = bench.work / "imap.mailtap"
    with Proxy({"imap": f"imap://localhost:{servers.ports['imap']}"}, "--upstream-ca", servers.root / "cert.pem",
               "--format", "ndjson", "--record", recording) as proxy:
        with imaplib.IMAP4("localhost", proxy.at["imap"][1], timeout=20) as client:
            client.starttls(context)
            client.login("alice", ALICE)
            checks.equal("IMAP STARTTLS: the client goes on under TLS", client.select()[0], "OK")
        session = proxy.wait_sessions(1)[0]
        decrypted(checks, "IMAP STARTTLS", session, "starttls", True)
        checks.equal("IMAP STARTTLS: the protocol", session["protocol"], "imap")
        out = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.at['imap'][1]}", "-starttls", "imap",
                              "-CAfile", ca, "-verify_return_error", "-quiet"], input=b"a1 LOGOUT\r\n",
                             capture_output=True, timeout=30)
        checks.holds("openssl s_client -starttls imap", b"a1 OK" in out.stdout, out.stdout + out.stderr)
        decrypted(checks, "openssl s_client -starttls imap", proxy.wait_sessions(2)[-1], "starttls", True)
    octets = recording.read_bytes()
    checks.holds("IMAP: what is said under TLS is recorded, but for the password",
                 b"SELECT INBOX" in octets and ALICE.encode() not in octets)


def imap_refused(checks, bench):
    """What can't be had for IMAP is refused before anything listens, and said."""
    for options in (("--client-tls", "starttls"), ("--server-tls", "starttls"), ("--tls", "strip")):
        done = mailtap.run("proxy", "0=smtp://127.0.0.1:9", "0=imap://127.0.0.1:9", *options)
        checks.holds(f"{' '.join(options)} for IMAP: 64, and the route is named",
                     done.status == 64 and b"'0=imap://127.0.0.1:9'" in done.err and options[0].encode() in done.err
                     and b"listening" not in done.err, done)


def odd(checks, bench):
    """Renegotiation, garbage where TLS comes first, and a key log that SSLKEYLOGFILE names."""
    ca, work, pem = _authority(bench), bench.work, certificate(bench.work, "odd")
    context = ssl.create_default_context(cafile=ca)
    with TLSServer(pem, "implicit") as fake, Proxy({"smtps": f"smtps://127.0.0.1:{fake.port}"}, "--upstream-insecure",
                                                   "--format", "ndjson") as proxy:
        port = proxy.at["smtps"][1]
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-CAfile", ca,
                               "-crlf"], input=b"EHLO client.example\nR\nNOOP\nQUIT\n", capture_output=True, timeout=30)
        session = proxy.wait_sessions(1)[0]
        checks.holds("a client that renegotiates: what it said before is decoded, and its session ends",
                     session["tls"]["version"] == "TLSv1.2" and "EHLO" in str(session["exchanges"]), (session, done))
        for name, octets in (("a record that is none", b"\x16\x03\x01\xff\xff" + b"x" * 100),
                             ("a message that is none", b"\x16\x03\x01\x00\x05\x63\0\0\1x"),
                             ("a hello that is cut off", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc")):
            known = len(proxy.sessions())
            with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
                peer.sendall(octets)
                try:
                    peer.shutdown(socket.SHUT_WR)
                    while peer.recv(1000):
                        pass
                except ConnectionResetError:
                    pass  # an end as good as another
            session = proxy.wait_sessions(known + 1)[-1]
            checks.equal(f"{name}: a session without a dialogue", session["exchanges"], [])
        with smtplib.SMTP_SSL("localhost", port, context=context, timeout=20) as smtp:
            smtp.ehlo("client.example")
        checks.equal("the next client is served", proxy.wait_sessions(5)[-1]["tls"]["decrypted"], True)
    keys = work / "environment-keys.log"
    contexts = {version: ssl.create_default_context(cafile=ca) for version in VERSIONS}
    os.environ["SSLKEYLOGFILE"] = str(keys)  # for the proxy alone: the contexts were made before
    try:
        for version, only in VERSIONS.items():
            contexts[version].minimum_version = contexts[version].maximum_version = only
            with TLSServer(pem, version=only) as fake, Proxy({"smtp": f"smtp://127.0.0.1:{fake.port}"},
                                                             "--format", "ndjson") as proxy, \
                    Tcpdump(work / f"environment-{version}.pcap", proxy.at["smtp"][1], []):
                _mail(proxy.at["smtp"][1], contexts[version], starttls=True)
                proxy.wait_sessions(1)
            out = subprocess.run(
                ["tshark", "-r", work / f"environment-{version}.pcap", "-o", f"tls.keylog_file:{keys}",
                 f"-dtcp.port=={proxy.at['smtp'][1]},smtp", "-Tfields", "-e", "smtp.req.parameter"],
                capture_output=True, text=True)
            checks.holds(f"{version}: tshark reads a capture with the key log of SSLKEYLOGFILE",
                         "TO:<alice@example.org>" in out.stdout, out.stdout + out.stderr)
    finally:
        del os.environ["SSLKEYLOGFILE"]
    checks.equal("its mode", oct(keys.stat().st_mode & 0o777), "0o600")
