"""export --format swaks, curl, openssl: the command lines are run, and do what the session did."""

import hashlib
import os
import poplib
import random
import smtplib
import subprocess

import mailtap
from mailtap import Proxy, analyze
from servers import USERS

# Everything that a careless command line would change: dots, escapes, tokens that swaks fills in, octets beyond ASCII.
CONTENT = (b"From: Carol <carol@example.net>\r\nTo: alice@example.org\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
           b"Date: Mon, 23 Nov 2026 06:01:02 +0000\r\nMessage-ID: <command.lines@example.net>\r\nMIME-Version: 1.0\r\n"
           b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n'
           b"Content-Transfer-Encoding: 8bit\r\n\r\nGr\xc3\xbc\xc3\x9fe, %DATE% %FROM_ADDRESS% \\n $HOME `id` 'x' \"y\"\r\n"
           b".\r\n..two dots\r\n.dot\r\nFrom here\r\n--x\r\nContent-Type: application/octet-stream\r\n"
           b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\n"
           b"AAECAwQFBgcICQ==\r\n--x--\r\n")


def run(checks, bench):
    ports = bench.servers.ports
    routes = {"smtp": f"smtp://127.0.0.1:{ports['smtp']}", "submission": f"submission://127.0.0.1:{ports['submission']}",
              "pop3": f"pop3://127.0.0.1:{ports['pop3']}"}
    old = bench.work / "spoken.mailtap"
    bench.servers.empty("alice")
    with Proxy(routes, "--tls", "pass", "-q", "--record", old) as proxy:
        _send(proxy.at["smtp"], ["alice@example.org", "bob@example.org"])
        _send(proxy.at["submission"], ["alice@example.org"], login="PLAIN")
        _send(proxy.at["submission"], ["alice@example.org"], login="LOGIN")
        _send(proxy.at["smtp"], ["nobody@example.org", "alice@example.org"])
        bench.servers.wait_delivered("alice", 4)
        _fetch(proxy.at["pop3"])
        checks.equal("the proxy ends with 0", proxy.stop(), 0)
    bench.spoken = old
    cases = [("clear, two recipients, 8 bit, an attachment", 1, "smtp"), ("AUTH PLAIN", 2, "submission"),
             ("AUTH LOGIN", 3, "submission"), ("a refused recipient", 4, "smtp")]
    for tool in ("swaks", "curl"):
        for name, number, route in cases:
            _again(checks, bench, tool, name, number, route, routes)
    _pop3(checks, bench, routes)
    _under_tls(checks, bench)
    _hostile(checks, bench)


def _send(at, recipients, login=None):
    with smtplib.SMTP(*at, local_hostname="client.example") as client:
        client.ehlo()
        if login:
            client.user, client.password = "alice", USERS["alice"]
            client.auth(login, getattr(client, f"auth_{login.lower()}"), initial_response_ok=login == "PLAIN")
        client.mail("carol@example.net")
        for recipient in recipients:
            client.rcpt(recipient)
        client.data(CONTENT)


def _fetch(at):
    client = poplib.POP3(*at)
    client.user("alice")
    client.pass_(USERS["alice"])
    client.list()
    client.retr(1)
    client.quit()


def _script(bench, tool, number, source, changes):
    """The exported command lines, with other ports, and the content that they ask for."""
    result = mailtap.run("export", source, "--session", number, "--format", tool)
    mailtap.run("export", source, "--session", number, "--format", "eml", "-o", bench.work, "-q")
    text = result.text
    for before, after in changes:
        text = text.replace(before, after)
    return result, text


def _run(bench, text, **more):
    return subprocess.run(["bash", "-e", "-o", "pipefail", "-c", text], cwd=bench.work, capture_output=True, timeout=90,
                          env=dict(os.environ, MAILTAP_PASSWORD=USERS["alice"], HOME=str(bench.work), LC_ALL="C", **more))


def _again(checks, bench, tool, name, number, route, routes):
    new = bench.work / f"{tool}-{number}.mailtap"
    bench.servers.empty("alice")
    port = str(bench.servers.ports[route])
    with Proxy({route: routes[route]}, "--tls", "pass", "-q", "--record", new) as proxy:
        mine = str(proxy.at[route][1])
        result, text = _script(bench, tool, number, bench.spoken,
                               [(f"--port {port}", f"--port {mine}"), (f"127.0.0.1:{port}", f"127.0.0.1:{mine}")])
        done = _run(bench, text)
        proxy.stop()
    label = f"{tool}, {name}"
    checks.holds(f"{label}: no password in it", USERS["alice"] not in text, text)
    # swaks tells by its status that not all recipients were taken.
    checks.holds(f"{label}: it runs", done.returncode in ((0, 24) if number == 4 else (0,)),
                 f"{text}\n{done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
    before, = analyze(bench.spoken, "--session", str(number))
    sessions = analyze(new)
    if not checks.equal(f"{label}: one session", len(sessions), 1):
        return
    shown = [[(e["command"] or {}).get("verb"), e["reply"]["status"], e["reply"]["enhanced"]]
             for e in sessions[0]["exchanges"]]
    wanted = [[(e["command"] or {}).get("verb"), e["reply"]["status"], e["reply"]["enhanced"]]
              for e in before["exchanges"]]
    checks.equal(f"{label}: the same commands and answers", shown, wanted)
    keys = ("bytes", "sha256", "from", "to", "rejected", "accepted", "complete")
    checks.equal(f"{label}: the same message", [[m[k] for k in keys] for m in sessions[0]["messages"]],
                 [[m[k] for k in keys] for m in before["messages"]])
    one = bench.work / f"spoken-{number}.mailtap"
    if not one.exists():
        mailtap.run("analyze", bench.spoken, "--session", number, "--record", one)
    compared = mailtap.run("diff", one, new)
    checks.holds(f"{label}: mailtap diff finds no difference", compared.status == 0, compared)


def _pop3(checks, bench, routes):
    new = bench.work / "curl-pop3.mailtap"
    port = str(bench.servers.ports["pop3"])
    with Proxy({"pop3": routes["pop3"]}, "--tls", "pass", "-q", "--record", new) as proxy:
        _, text = _script(bench, "curl", 5, bench.spoken,
                          [(f"127.0.0.1:{port}", f"127.0.0.1:{proxy.at['pop3'][1]}")])
        bench.servers.empty("alice")
        bench.servers.put("alice", CONTENT, "1795600000.M4P1.mx.example.org")
        done = _run(bench, text)
        proxy.stop()
    checks.holds("curl, POP3: it runs", done.returncode == 0, f"{text}\n{done.stderr}")
    messages = [m["sha256"] for s in analyze(new) for m in s["messages"]]
    checks.equal("curl, POP3: the message is fetched", messages, [hashlib.sha256(CONTENT).hexdigest()])


def _under_tls(checks, bench):
    """A session that MailTap saw through TLS: what it says again arrives, through STARTTLS and implicit TLS."""
    ports = bench.servers.ports
    stuffed = CONTENT.replace(b"\r\n.", b"\r\n..")
    for start, port in (("starttls", ports["smtp"]), ("implicit", ports["smtps"])):
        path = bench.work / f"{start}.dialogue"
        begin = f"-- tls {start} decrypted version=TLSv1.3\n"
        greeting = "S: 220 mx.example.org ESMTP\n"
        lines = [f"mailtap-dialogue 1\n== session client=127.0.0.1:50001 server=127.0.0.1:{port} expecting=smtp\n",
                 begin if start == "implicit" else "", greeting, "C: EHLO client.example\nS: 250-mx.example.org\n",
                 "S: 250 8BITMIME\n" if start == "implicit" else
                 f"S: 250 STARTTLS\nC: STARTTLS\nS: 220 2.0.0 Ready\n{begin}C: EHLO client.example\nS: 250 mx.example.org\n",
                 "C: MAIL FROM:<carol@example.net>\nS: 250 2.1.0 Ok\nC: RCPT TO:<alice@example.org>\nS: 250 2.1.5 Ok\n",
                 "C: DATA\nS: 354 Go\n",
                 "".join(f"C: {_escaped(line)}\n" for line in stuffed.split(b"\r\n")[:-1]),
                 "C: .\nS: 250 2.0.0 Ok\nC: QUIT\nS: 221 2.0.0 Bye\n"]
        path.write_text("".join(lines))
        message, = [m for s in analyze(path) for m in s["messages"]]
        checks.equal(f"{start}: the dialogue file holds the message", message["sha256"],
                     hashlib.sha256(CONTENT).hexdigest())
        for tool in ("swaks", "curl", "openssl"):
            bench.servers.empty("alice")
            # The servers' certificate is of their own making.
            changes = [("curl \\", "curl --insecure \\")] if tool == "curl" else []
            _, text = _script(bench, tool, 1, path, changes)
            done = _run(bench, text)
            checks.holds(f"{tool}, {start}: it runs", done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}")
            got = bench.servers.wait_delivered("alice", 1)
            checks.equal(f"{tool}, {start}: the message arrives octet for octet",
                         [octets[-len(CONTENT):] == CONTENT for octets in got], [True])


def _escaped(line):
    return "".join(chr(o) if 32 < o < 127 and chr(o) not in "\\{" or o == 32 else f"\\x{o:02x}" for o in line)


def _hostile(checks, bench):
    """Whatever a peer says stays one argument of the tool, and runs nothing."""
    rng = random.Random(20261123)
    pieces = ["'", '"', "`id`", "$(id)", ";", "\\", "|", "&", ">", "#", "!", "*", "~", "-x", "--data", "{", "}", "\n",
              "\\n", "é", "a", "b", " ", "%s", "\x1b", "@", "%DATE%"]
    wrong = []
    for round_ in range(40):
        local = "".join(rng.choice(pieces) for _ in range(rng.randint(1, 8))).replace("\n", "").replace(">", "")
        path = bench.work / "hostile.dialogue"
        path.write_text(
            "C: EHLO " + _escaped(local.encode()) + "\nS: 250 ok\nC: AUTH PLAIN\nS: 334\n"
            "C: " + _plain(local) + "\nS: 235 ok\nC: MAIL FROM:<" + _escaped(local.encode()) + ">\nS: 250 ok\n"
            "C: RCPT TO:<" + _escaped(local.encode()) + ">\nS: 250 ok\nC: QUIT\nS: 221 bye\n")
        for tool in ("swaks", "curl", "openssl"):
            text = mailtap.run("export", path, "--format", tool).text
            parsed = subprocess.run(["bash", "-n", "-c", text], capture_output=True)
            marker = bench.work / "ran"
            # The tools only say with what they were called; anything else that would run is not found.
            stub = ('swaks() { printf "%s\\0" "$@"; }; curl() { printf "%s\\0" "$@"; }; openssl() { :; };'
                    ' sleep() { :; }; id() { touch ' + f"'{marker}'" + '; };\n')
            ran = subprocess.run(["bash", "-c", stub + text], capture_output=True, cwd=bench.work, timeout=20)
            if parsed.returncode or parsed.stderr or ran.returncode or ran.stderr or marker.exists():
                wrong.append((tool, local, parsed.stderr, ran.stderr))
            if tool == "swaks" and local.isprintable() and "@" not in local:
                arguments = ran.stdout.decode("utf-8", "replace").split("\0")
                if local.strip() and arguments.count(local) < 2:
                    wrong.append((tool, local, arguments))
    checks.none("hostile names run nothing and stay one word", wrong)


def _plain(text):
    import base64
    return base64.b64encode(b"\0" + text.encode() + b"\0secret").decode()
