"""Dialogues through the proxy: what it prints as each session ends is what the client said and heard."""

import dialogues
from account import account, by_client, differences
from mailtap import Proxy

# Dialogues that go on in TLS, which `--tls pass` relays unread.
OPAQUE = {dialogues.smtp_starttls, dialogues.pop3_stls}

# A dialogue, and for each mail that it sends to alice the octets of it.
PLAYED = [
    dialogues.smtp_plain, dialogues.smtp_helo, dialogues.smtp_pipelined, dialogues.smtp_bdat,
    dialogues.smtp_auth_plain, dialogues.smtp_auth_login, dialogues.smtp_auth_cram_md5,
    dialogues.smtp_refused_recipient, dialogues.smtp_several_mails, dialogues.smtp_small_segments,
    dialogues.smtp_data_refused_pipelined, dialogues.smtp_starttls, dialogues.lmtp,
    dialogues.pop3_all_commands, dialogues.pop3_pipelined, dialogues.pop3_logins, dialogues.pop3_stls,
]


def routes(servers, host="127.0.0.1"):
    """A route to each service of the servers."""
    scheme = {"smtp": "smtp", "submission": "submission", "strict": "smtp", "plainest": "smtp", "lmtp": "lmtp",
              "pop3": "pop3"}
    return {name: f"{scheme[name]}://{host}:{servers.ports[name]}" for name in scheme}


def run(checks, bench):
    """Plays every dialogue through one proxy and leaves the recording and the accounts for the later scenarios."""
    servers = bench.servers
    bench.recording = bench.work / "dialogues.mailtap"
    bench.played = []
    with Proxy(routes(servers), "--tls", "pass", "--record", bench.recording, "--format", "ndjson") as proxy:
        checks.equal("one listening line for each route, in their order",
                     [line.split(" -> ")[1] for line in proxy.listening], list(proxy.routes.values()))
        at = dialogues.At(servers, proxy.at)
        total = 0
        for dialogue in PLAYED:
            name = dialogue.__name__
            wires = dialogue(at)
            total += len(wires)
            sessions = by_client(proxy.wait_sessions(total))
            for number, wire in enumerate(wires, 1):
                label = name if len(wires) == 1 else f"{name} {number}"
                session = sessions.get(wire.peer[1])
                if not checks.holds(f"{label}: its session is printed when it ends", session):
                    continue
                found = differences(account(wire), session, opaque=dialogue in OPAQUE)
                checks.none(f"{label}: printed as it was said", found)
                bench.played.append((label, dialogue, account(wire), session))
        bench.live = proxy.sessions()
        _endpoints(checks, bench)
        _starttls(checks, bench)
        status = proxy.stop()
        checks.equal("SIGTERM ends the proxy with 0", status, 0)
        checks.equal("every line of standard output is a session", len(proxy.sessions()), total)
    _delivered(checks, bench)


def ipv6(checks, bench):
    """The same over IPv6, on both sides."""
    if not bench.servers.ipv6:
        print("  this machine's loopback has no IPv6")
        return
    route = {"smtp": f"smtp://[::1]:{bench.servers.ports['smtp']}"}
    with Proxy(route, "--format", "ndjson", "--record", bench.work / "ipv6.mailtap", listen="[::1]:0") as proxy:
        checks.holds("listens on ::1", proxy.listening[0].startswith("listening [::1]:"), proxy.listening)
        wire, = dialogues.smtp_plain(dialogues.At(bench.servers, proxy.at))
        sessions = proxy.wait_sessions(1)
        checks.none("an IPv6 session is printed as it was said", differences(account(wire), sessions[0]))
        checks.equal("the server's address", sessions[0]["server"]["address"], "::1")


def _endpoints(checks, bench):
    for label, dialogue, _, session in bench.played:
        ports = {p["port"] for p in [session["server"]]}
        protocol = "pop3" if dialogue.__name__.startswith("pop3") else "smtp"
        if session["protocol"] != protocol or session["server"]["address"] != "127.0.0.1" \
                or not ports <= set(bench.servers.ports.values()) or session["source"] != "proxy":
            checks.fail(f"{label}: protocol and endpoints", {k: session[k] for k in ("protocol", "server", "source")})
            return
    checks.holds("each session names its protocol, its server and its source", bench.played)


def _starttls(checks, bench):
    for label, dialogue, _, session in bench.played:
        if dialogue in OPAQUE:
            tls = session["tls"] or {}
            checks.equal(f"{label}: TLS began after the command, and was not decrypted",
                         (tls.get("start"), tls.get("decrypted")), ("starttls", False))


def _delivered(checks, bench):
    """What Postfix handed to Dovecot ends in the octets that the client sent and MailTap counted."""
    # The POP3 dialogues emptied alice's maildrop after the mails had come; bob's has what was sent to him.
    wanted = [dialogues.MULTIPART, dialogues.MESSAGE]
    got = bench.servers.wait_delivered("bob", len(wanted))
    checks.equal("bob's maildrop has as many mails as were accepted for him", len(got), len(wanted))
    for message in wanted:
        checks.holds("a mail reached the maildrop octet for octet", any(g.endswith(b"\r\n" + message) for g in got))
