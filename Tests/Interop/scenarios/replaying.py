"""Recorded sessions played again: no difference against the same server, a report where one has changed."""

import dialogues
import mailtap
from mailtap import analyze
from servers import USERS


def run(checks, bench):
    ports = bench.servers.ports
    numbers = {}
    for session in analyze(bench.recording):
        for label, dialogue, _, live in bench.played:
            if live["client"]["port"] == session["client"]["port"]:
                numbers[label] = str(session["session"])

    def replay(label, url, *options, **more):
        return mailtap.run("replay", bench.recording, "--session", numbers[label], "--to", url, *options, **more)

    smtp = f"smtp://127.0.0.1:{ports['smtp']}"
    for label in ("smtp_plain", "smtp_pipelined", "smtp_bdat", "smtp_refused_recipient", "smtp_several_mails",
                  "smtp_small_segments"):
        result = replay(label, smtp)
        checks.holds(f"{label} against the same Postfix: 0", result.status == 0, result)
    result = replay("smtp_plain", f"smtp://127.0.0.1:{ports['strict']}")
    checks.holds("against a Postfix that refuses every recipient: 1", result.status == 1, result)
    checks.holds("the report shows what was and what is", "250" in result.text and "554" in result.text, result)
    result = replay("smtp_plain", f"smtp://127.0.0.1:{ports['plainest']}")
    checks.holds("against a Postfix that offers less: 1", result.status == 1, result)
    checks.holds("the report names a capability that is gone", "CHUNKING" in result.text or "STARTTLS" in result.text,
                 result)
    result = replay("lmtp", f"lmtp://127.0.0.1:{ports['lmtp']}")
    checks.holds("lmtp against the same Dovecot: 0", result.status == 0, result)

    dialogues.fill(bench.servers)
    result = replay("pop3_all_commands", f"pop3://127.0.0.1:{ports['pop3']}", "--user", "alice",
                    MAILTAP_PASSWORD=USERS["alice"])
    checks.holds("pop3_all_commands against the same Dovecot, password given: 0", result.status == 0, result)
    dialogues.fill(bench.servers)
    bench.servers.put("alice", b"Subject: one more\r\n\r\n", "1795600000.M4P1.mx.example.org")
    result = replay("pop3_pipelined", f"pop3://127.0.0.1:{ports['pop3']}", "--user", "alice",
                    MAILTAP_PASSWORD="not it")
    checks.holds("pop3 with a wrong password: 1", result.status == 1, result)
    result = replay("smtp_plain", "smtp://127.0.0.1:1")
    checks.holds("against a server that is not there: 69", result.status == 69, result)
