"""export --format pcapng: tshark decodes it throughout, and MailTap reads the same sessions again."""

import re
import subprocess
from pathlib import Path

import mailtap
from account import dialogue_of
from mailtap import analyze

CAPTURES = Path(__file__).resolve().parents[3] / "captures"

# A session under TLS whose plaintext is there: after STARTTLS on port 587, from the first octet on 465 and 995.
DECRYPTED = """mailtap-dialogue 1
== session client=192.0.2.7:50001 server=192.0.2.25:587 started=2026-11-23T06:01:02Z
@0.001 S: 220 mail.example.org ESMTP
@0.002 C: EHLO client.example
@0.003 S: 250-mail.example.org
       S: 250 STARTTLS
@0.004 C: STARTTLS
@0.005 S: 220 2.0.0 Ready
@0.010 -- tls starttls decrypted version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 sni=mail.example.org
@0.011 C: EHLO client.example
@0.012 S: 250 mail.example.org
@0.013 C: MAIL FROM:<a@example.org>
@0.014 S: 250 2.1.0 Ok
@0.015 C: RCPT TO:<b@example.org>
@0.016 S: 250 2.1.5 Ok
@0.017 C: DATA
@0.018 S: 354 Go ahead
@0.019 C: Subject: under TLS
       C:
       C: Hello
       C: .
@0.020 S: 250 2.0.0 Ok
@0.021 C: QUIT
@0.022 S: 221 2.0.0 Bye
@0.023 -- eof client
@0.024 -- eof server
== session client=192.0.2.7:50002 server=192.0.2.25:465 started=2026-11-23T06:02:02Z expects-tls=yes expecting=smtp
@0.001 -- tls implicit decrypted version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384
@0.002 S: 220 mail.example.org ESMTP
@0.003 C: EHLO client.example
@0.004 S: 250 mail.example.org
@0.005 C: QUIT
@0.006 S: 221 2.0.0 Bye
== session client=192.0.2.7:50003 server=192.0.2.25:995 started=2026-11-23T06:03:02Z expects-tls=yes expecting=pop3
@0.001 -- tls implicit decrypted version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384
@0.002 S: +OK ready
@0.003 C: QUIT
@0.004 S: +OK bye
== session client=192.0.2.7:50004 server=192.0.2.25:2525 started=2026-11-23T06:04:02Z
@0.002 S: 220 mail.example.org ESMTP
@0.003 C: NOOP
@0.004 S: 250 2.0.0 Ok
@0.005 C: QUIT
@0.006 S: 221 2.0.0 Bye
"""


def run(checks, bench):
    for path in sorted(CAPTURES.iterdir()):
        if path.is_file() and path.suffix != ".md":
            _flawless(checks, bench, path)
    _decrypted(checks, bench)


def _export(bench, path):
    out = bench.work / f"packets-{path.name}.pcapng"
    result = mailtap.run("export", path, "--format", "pcapng", "-o", out)
    options = re.findall(r"^to decode all of it: tshark (.*)$", result.err.decode(), re.M)
    return result, out, options[0].split() if options else []


def _tshark(out, options, *more):
    done = subprocess.run(["tshark", "-r", str(out), *options, "-o", "tcp.check_checksum:TRUE", "-o",
                           "ip.check_checksum:TRUE", "-o", "smtp.decryption:TRUE", *more],
                          capture_output=True, text=True, timeout=60)
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("Running as user")]
    return done.stdout.splitlines(), complaints, done.returncode


def _flawless(checks, bench, path):
    result, out, options = _export(bench, path)
    if not checks.holds(f"{path.name}: exit status 0", result.status == 0, result):
        return
    # A warning is severity 0x600000; the only one allowed is the reset that happened. A bare ACK that carries a comment
    # may repeat one.
    lines, complaints, status = _tshark(
        out, options, "-Y", "tcp.checksum.status==0 || ip.checksum.status==0 || _ws.malformed || "
        "(tcp.analysis.flags && !(tcp.analysis.duplicate_ack && frame.comment)) || "
        "(_ws.expert.severity>=0x600000 && !tcp.flags.reset==1)", "-T", "fields", "-e", "frame.number", "-e",
        "_ws.expert.message")
    checks.equal(f"{path.name}: tshark has nothing to complain of", (lines, complaints, status), ([], [], 0))
    before, after = analyze(path), analyze(out)
    checks.equal(f"{path.name}: read again, the same dialogues", [dialogue_of(s) for s in after],
                 [dialogue_of(s) for s in before])
    for key in ("client", "server", "started", "ending", "messages", "bytes", "findings"):
        checks.equal(f"{path.name}: read again, {key}", [s[key] for s in after], [s[key] for s in before])
    findings = sum(len(s["findings"]) for s in before)
    comments, _, _ = _tshark(out, options, "-Y", "frame.comment", "-T", "fields", "-E", "aggregator=\x01", "-e",
                             "frame.comment")
    texts = [c for line in comments for c in line.split("\x01")]
    checks.equal(f"{path.name}: findings are packet comments",
                 sum(bool(re.match(r"(error|warning|note) \w+\.[\w-]+: ", t)) for t in texts), findings)


def _decrypted(checks, bench):
    path = bench.work / "decrypted.dialogue"
    path.write_text(DECRYPTED)
    result, out, options = _export(bench, path)
    checks.equal("the option for a port that tshark does not know is printed", options, ["-d", "tcp.port==2525,smtp"])
    lines, complaints, _ = _tshark(out, options, "-T", "fields", "-e", "tcp.srcport", "-e", "tcp.dstport", "-e",
                                   "smtp.req.command", "-e", "pop.request.command")
    checks.equal("tshark does not complain", complaints, [])
    commands = {}
    for line in lines:
        source, port, smtp, pop = line.split("\t")
        if smtp or pop:
            commands.setdefault(source, (port, []))[1].extend((smtp or pop).split(","))
    # tshark takes the first four letters for the command.
    checks.equal("STARTTLS's plaintext goes on in the conversation",
                 commands.get("50001"), ("587", ["EHLO", "STAR", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]))
    checks.equal("plaintext of port 465 stands on 25", commands.get("50002"), ("25", ["EHLO", "QUIT"]))
    checks.equal("plaintext of port 995 stands on 110", commands.get("50003"), ("110", ["QUIT"]))
    checks.equal("other ports are kept", commands.get("50004"), ("2525", ["NOOP", "QUIT"]))
    mails, _, _ = _tshark(out, options, "-Y", "imf.subject", "-T", "fields", "-e", "imf.subject")
    checks.equal("tshark sees the mail under TLS", mails, ["under TLS"])
    checks.equal("read again, the same dialogues", [dialogue_of(s) for s in analyze(out)],
                 [dialogue_of(s) for s in analyze(path)])
    checks.equal("read again, TLS's facts", [s["tls"] for s in analyze(out)], [s["tls"] for s in analyze(path)])
