"""A recording as a regression test: each change of a real server gives exactly its difference, and nothing else does."""

import json
import re
from pathlib import Path

import dialogues
import mailtap
from mailtap import Proxy, analyze
from servers import USERS

SUITE = Path(__file__).resolve().parents[3] / "captures" / "dialogues"
ALICE = USERS["alice"]


def run(checks, bench):
    """Two recipients recorded from a Postfix, played against the same one and against four with one change each."""
    ports = bench.servers.ports
    recording = bench.work / "regression.mailtap"
    text = bench.work / "regression.dialogue"
    text.write_text("C: EHLO client.example\nS: 250 {lines}\nC: MAIL FROM:<carol@example.net> SIZE=400\nS: {2xx} {any}\n"
                    "C: RCPT TO:<alice@example.org>\nS: {2xx} {any}\nC: RCPT TO:<bob@example.org>\nS: {2xx} {any}\n"
                    "C: DATA\nS: 354 {any}\nC: Subject: x\nC:\nC: ..a dot\nC: .\nS: {2xx} {any}\nC: QUIT\n")
    result = mailtap.run("replay", text, "--to", f"smtp://127.0.0.1:{ports['smtp']}", "--record", recording)
    checks.holds("a dialogue of patterns is played and recorded: 0", result.status == 0, result)

    def played(service, *options):
        result = mailtap.run("replay", recording, "--to", f"smtp://127.0.0.1:{ports[service]}", "--format", "json",
                             *options)
        if result.status not in (0, 1):
            checks.fail(f"{service}: a report", result)
            return result.status, []
        found = [(d["kind"], d["expected"], d["came"]) for s in result.json()["sessions"] for d in s["differences"]]
        return result.status, found

    checks.equal("the same Postfix again: no difference", played("smtp"), (0, []))
    checks.equal("the same Postfix, messages of its own each time", played("smtp", "--fresh-ids"), (0, []))
    checks.equal("another smtpd_banner: no difference", played("banner"), (0, []))
    checks.equal("an extension removed: that one", played("nodsn"), (1, [("capability", "DSN", "")]))
    checks.equal("another limit: that one", played("limited"),
                 (1, [("capability", "SIZE 10240000", "SIZE 5000000")]))
    status, found = played("restricted")
    checks.equal("a new restriction: the recipient's status, and the mail's envelope",
                 (status, [(kind, came[:9]) for kind, _, came in found]),
                 (1, [("status", "554 5.7.1"), ("envelope", "to alice@")]))
    status, found = played("smtp", "--compare", "exact")
    checks.equal("exact: the texts with queue ids", (status, {kind for kind, _, _ in found}), (1, {"text"}))
    status, found = played("smtp", "--compare", "exact", "--normalize", "queue-ids", "--also", "findings")
    checks.equal("exact but for queue ids: no difference", (status, found), (0, []))

    result = mailtap.run("replay", recording, "--to", f"smtp://127.0.0.1:{ports['smtp']}", "--rewrite",
                         "bob@example.org=nobody@example.org", "--format", "json")
    checks.holds("--rewrite: another recipient is named", b"nobody@example.org" in result.out, result)

    bench.servers.empty("alice")
    result = mailtap.run("replay", recording, "--to", f"smtp://127.0.0.1:{ports['smtp']}", "--repeat", "30",
                         "--concurrency", "5", "--format", "json")
    load = result.json()["load"] if result.status == 0 else {}
    checks.holds("a load test: 30 sessions, 5 at once, no difference",
                 load.get("played") == 30 and load.get("latency", {}).get("replies") == 30 * 7
                 and load["latency"]["p50"] <= load["latency"]["p99"], result)
    checks.equal("a load test: every mail arrived", len(bench.servers.wait_delivered("alice", 30)), 30)

    # What a replay says obeys the protocol: it is recorded by the proxy and checked.
    again = bench.work / "replayed.mailtap"
    with Proxy({"smtp": f"smtp://127.0.0.1:{ports['smtp']}"}, "-q", "--record", again) as proxy:
        for options in ([], ["--fresh-ids"]):
            result = mailtap.run("replay", recording, "--to", f"smtp://127.0.0.1:{proxy.at['smtp'][1]}", *options)
            checks.holds(f"replayed through the proxy {' '.join(options)}: 0", result.status == 0, result)
        proxy.stop()
    result = mailtap.run("check", again)
    checks.holds("a replay passes our own check", result.status == 0 and len(analyze(again)) == 2, result)

    # A parameter whose extension is gone is not asked for, and a refused recipient gets no DATA.
    asks = bench.work / "asks.dialogue"
    asks.write_text(text.read_text().replace("SIZE=400", "SIZE=400 RET=HDRS").replace("C: QUIT\n", "C: QUIT\nS: 221 {any}\n"))
    result = mailtap.run("replay", asks, "--to", f"smtp://127.0.0.1:{ports['nodsn']}")
    checks.holds("a parameter that is not offered is left out, and that is told",
                 result.status == 0 and b"MAIL without what DSN would allow" in result.out, result)
    asks.write_text(asks.read_text().replace("C: Subject: x", "C: {content missing.eml}"))
    bench.servers.settle("alice")
    bench.servers.empty("alice")
    result = mailtap.run("replay", asks, "--to", f"smtp://127.0.0.1:{ports['smtp']}")
    checks.holds("content that can't be read: 65, and nothing is said", result.status == 65
                 and b"can't be included" in result.err and not bench.servers.wait_delivered("alice", 0), result)
    result = mailtap.run("replay", recording, "--to", f"smtp://127.0.0.1:{ports['smtp']}", "--timeout", "601")
    checks.holds("--timeout beyond 10 minutes: 64", result.status == 64, result)

    # One session that is missing is one difference, wherever it stood.
    three = bench.work / "three.mailtap"
    for number in range(3):
        mailtap.run("replay", recording, "--to", f"smtp://127.0.0.1:{ports['smtp']}", "--record", three, "--rewrite",
                    f"carol@=carol{number}@")
    two = bench.work / "two.mailtap"
    mailtap.run("analyze", three, "--session", "1,3", "--record", two)
    for a, b, kind in ((three, two, "session-missing"), (two, three, "session-extra")):
        result = mailtap.run("diff", a, b, "--format", "json")
        checks.equal(f"diff: {kind}, and nothing else", [d["kind"] for s in result.json()["sessions"]
                                                         for d in s["differences"]], [kind])

    for format, mark in (("junit", "<testsuite"), ("tap", "TAP version 1"), ("html", "<!DOCTYPE html>")):
        result = mailtap.run("replay", recording, "--to", f"smtp://127.0.0.1:{ports['nodsn']}", "--format", format)
        checks.holds(f"--format {format}: the difference is in it", result.status == 1 and mark in result.text
                     and "DSN" in result.text, result)


def dialogue_files(checks, bench):
    """The suite of dialogue files against Postfix and Dovecot."""
    ports = bench.servers.ports
    password = bench.work / "password"
    password.write_text(ALICE + "\n")
    login = ("--user", "alice", "--password-file", password)
    bench.servers.settle("alice")
    for name, scheme, service, mails, options in (
            ("smtp-plain", "smtp", "smtp", 1, ()), ("smtp-refusals", "smtp", "smtp", 0, ()),
            ("smtp-bdat", "smtp", "smtp", 1, ()), ("smtp-starttls", "smtp", "smtp", 1, ()),
            ("submission-login", "submission", "submission", 0, login), ("lmtp", "lmtp", "lmtp", 1, ()),
            ("pop3-maildrop", "pop3", "pop3", 0, login),
            ("pop3-stls", "pop3", "pop3", 0, (*login, "--upstream-ca", bench.servers.root / "cert.pem"))):
        dialogues.fill(bench.servers)
        result = mailtap.run("replay", SUITE / f"{name}.dialogue", "--to", f"{scheme}://127.0.0.1:{ports[service]}",
                             *options)
        checks.holds(f"{name}.dialogue: as expected", result.status == 0, result)
        # What is still on its way would come into the next maildrop.
        checks.equal(f"{name}.dialogue: mails that arrived", len(bench.servers.wait_delivered("alice", 3 + mails)),
                     3 + mails)
    result = mailtap.run("replay", SUITE / "smtp-plain.dialogue", "--to", f"smtp://127.0.0.1:{ports['strict']}")
    checks.holds("smtp-plain.dialogue against a Postfix that refuses every recipient: 1", result.status == 1, result)

    # The expectations follow the server, and comments stay.
    mine = bench.work / "mine.dialogue"
    (bench.work / "mails").mkdir(exist_ok=True)
    (bench.work / "mails" / "plain.eml").write_bytes((SUITE / "mails" / "plain.eml").read_bytes())
    mine.write_bytes((SUITE / "smtp-plain.dialogue").read_bytes())
    strict = f"smtp://127.0.0.1:{ports['strict']}"
    result = mailtap.run("replay", mine, "--to", strict, "--update")
    checks.holds("--update: 0", result.status == 0, result)
    text = mine.read_text()
    checks.holds("--update: what differed is rewritten, the rest stays",
                 text.startswith("# One mail") and "S: 554 5.7.1" in text and "S: 250 2.1.0 {any}" in text
                 and "# C: {content mails/plain.eml}" in text, text)
    result = mailtap.run("replay", mine, "--to", strict)
    checks.holds("--update: it is as expected then", result.status == 0, result)


def secure(checks, bench):
    """TLS in replays: as recorded, as asked for, and by the URL's scheme."""
    ports, ca = bench.servers.ports, ("--upstream-ca", bench.servers.root / "cert.pem")
    plain = SUITE / "smtp-plain.dialogue"
    recording = bench.work / "secure.mailtap"
    bench.servers.empty("alice")
    result = mailtap.run("replay", plain, "--to", f"smtp://127.0.0.1:{ports['smtp']}", "--starttls", "--record",
                         recording)
    checks.holds("--starttls: 0, though the certificate is nobody's (smtp is opportunistic)", result.status == 0, result)
    tls = analyze(recording)[0]["tls"] or {}
    checks.holds("--starttls: the session is under TLS, and the certificate's problem is told",
                 (tls.get("start"), tls.get("decrypted")) == ("starttls", True)
                 and re.fullmatch(r"TLSv1\.[23]", tls.get("version") or ""), tls)
    result = mailtap.run("replay", recording, "--to", f"smtp://127.0.0.1:{ports['smtp']}")
    checks.holds("a recording with STARTTLS is played with STARTTLS: 0", result.status == 0, result)
    withheld = bench.work / "withheld.mailtap"
    result = mailtap.run("replay", SUITE / "smtp-starttls.dialogue", "--to", f"smtp://127.0.0.1:{ports['plainest']}",
                         "--record", withheld)
    checks.holds("STARTTLS that is not offered now: 1, and the report says so",
                 result.status == 1 and "STARTTLS is not offered" in result.text, result)
    checks.equal("it is not asked for", [e["command"]["verb"] for e in analyze(withheld)[0]["exchanges"] if e["command"]],
                 ["EHLO", "QUIT"])
    result = mailtap.run("check", withheld, "--fail-on", "warning")
    checks.holds("check has nothing to say against that", result.status == 0, result)
    for url in (f"smtps://127.0.0.1:{ports['smtps']}", f"submissions://127.0.0.1:{ports['smtps']}"):
        result = mailtap.run("replay", plain, "--to", url)
        checks.holds(f"{url.split(':')[0]}: a certificate that is nobody's is refused: 69",
                     result.status == 69 and b"certificate" in result.err, result)
        for options in (ca, ("--upstream-insecure",)):
            result = mailtap.run("replay", plain, "--to", url, *options)
            checks.holds(f"{url.split(':')[0]} {options[0]}: 0", result.status == 0, result)
    result = mailtap.run("replay", SUITE / "smtp-starttls.dialogue", "--to", f"smtps://127.0.0.1:{ports['smtps']}", *ca)
    checks.holds("STARTTLS recorded, TLS with the first octet now: 0", result.status == 0, result)
    checks.equal("each of these sent its mail", len(bench.servers.wait_delivered("alice", 7)), 7)
    dialogues.fill(bench.servers)
    result = mailtap.run("replay", SUITE / "pop3-maildrop.dialogue", "--to", f"pop3s://127.0.0.1:{ports['pop3s']}",
                         *ca, "--user", "alice", MAILTAP_PASSWORD=ALICE)
    checks.holds("pop3s: 0", result.status == 0, result)
    result = mailtap.run("replay", plain, "--to", f"smtps://127.0.0.1:{ports['smtp']}")
    checks.holds("TLS with a server that speaks none: 69", result.status == 69, result)
    # Ciphertext alone tells no more than that there was TLS: it is begun, and ended in order.
    opaque = SUITE.parent / "smtp-starttls.pcap"
    result = mailtap.run("replay", opaque, "--to", f"smtp://127.0.0.1:{ports['smtp']}", "--format", "json")
    kinds = [d["kind"] for s in json.loads(result.out)["sessions"] for d in s["differences"]]
    checks.holds("a capture whose TLS can't be read is played up to there", set(kinds) <= {"capability"}, result)
