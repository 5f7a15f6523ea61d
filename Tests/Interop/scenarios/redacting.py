"""export --format redacted: nobody's name, address or words are left, and the dialogue is the same."""

import base64
import binascii
import email
import email.policy
import os
import quopri
import re
import stat
import subprocess
from pathlib import Path

import mailtap
from mailtap import analyze

CAPTURES = Path(__file__).resolve().parents[3] / "captures"
# Words of protocols, formats and dates, which stay; whoever bears such a name is out of luck.
PUBLIC = set("""plain text multipart mixed alternative octet stream application charset boundary filename attachment
    inline base64 quoted printable encoding content transfer disposition version message subject received date with
    esmtp smtp user password login number redacted octets client server""".split())
# What must be the same in both, by the name of the fields in the JSON.
SAME_MESSAGE = ("bytes", "exchange", "accepted", "complete")
SAME_PART = ("type", "charset", "bytes")


def run(checks, bench):
    for path in sorted(CAPTURES.glob("*.pcap")) + sorted(CAPTURES.glob("*.mailtap")):
        out, listing = bench.work / f"redacted-{path.name}", bench.work / f"redacted-{path.name}.list"
        result = mailtap.run("export", path, "--format", "redacted", "-o", out, "--list", listing)
        if not checks.holds(f"{path.name}: exit status 0", result.status == 0, result):
            continue
        checks.equal(f"{path.name}: both files are their owner's alone",
                     {stat.S_IMODE(os.stat(p).st_mode) for p in (out, listing)}, {0o600})
        _same(checks, path, out)
        _nothing_left(checks, bench, path, out)
    _tools(checks, bench)
    _replayed(checks, bench)


def _same(checks, path, out):
    before, after = analyze(path), analyze(out)
    if not checks.equal(f"{path.name}: sessions", len(after), len(before)):
        return
    for old, new in zip(before, after):
        label = f"{path.name}, session {old['session']}"
        for key in ("protocol", "started", "duration", "bytes", "ending"):
            checks.equal(f"{label}: {key}", new[key], old[key])
        shape = [[(e["command"] or {}).get("verb"), (e["reply"] or {}).get("status"),
                  (e["reply"] or {}).get("enhanced"), len((e["reply"] or {}).get("lines", [])),
                  len((e["command"] or {}).get("line", "")), len(e.get("data") or [])]
                 for s in (old, new) for e in s["exchanges"]]
        half = len(shape) // 2
        differing = [pair for pair in zip(shape[:half], shape[half:])
                     if pair[0] != pair[1] and not (pair[0][0] not in KNOWN and pair[0][1:] == pair[1][1:])]
        checks.none(f"{label}: verbs, statuses, enhanced codes, sizes", differing)
        checks.equal(f"{label}: capabilities", _capabilities(new), _capabilities(old))
        checks.equal(f"{label}: messages", [[m[k] for k in SAME_MESSAGE] for m in new["messages"]],
                     [[m[k] for k in SAME_MESSAGE] for m in old["messages"]])
        checks.equal(f"{label}: MIME parts", [[p[k] for k in SAME_PART] for m in new["messages"] for p in m["parts"]],
                     [[p[k] for k in SAME_PART] for m in old["messages"] for p in m["parts"]])


KNOWN = {None, "*auth", "*data"} | set("""HELO EHLO LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP AUTH STARTTLS
    USER PASS APOP STLS CAPA STAT LIST UIDL RETR TOP DELE XCLIENT""".split())


def _capabilities(session):
    said = [e for e in session["exchanges"] if e["command"] and e["command"]["verb"] in ("EHLO", "LHLO", "CAPA")]
    return [sorted(e["reply"]["lines"][1:] + (e.get("data") or [])) for e in said]


def _nothing_left(checks, bench, path, out):
    words = set()
    for session in analyze(path):
        for message in session["messages"]:
            words |= _words(" ".join([message["from"] or "", *message["to"], *message["rejected"],
                                      message["subject"] or "", message["message_id"] or ""]))
            words |= {p["filename"] for p in message["parts"] if p["filename"]}
        for end in ("client", "server"):
            words |= {session[end]["address"]} | ({session[end]["name"]} if session[end]["name"] else set())
        for exchange in session["exchanges"]:
            if exchange["command"] and exchange["command"]["verb"] in ("EHLO", "HELO", "LHLO", "USER", "APOP"):
                words |= _words(exchange["command"]["line"].split(" ", 1)[-1])
    for octets in _mails(bench, path, "before"):
        message = email.message_from_bytes(octets, policy=email.policy.compat32)
        for part in message.walk():
            if not part.is_multipart():
                words |= _words((part.get_payload(decode=True) or b"").decode("utf-8", "ignore"))
    words = {w.lower() for w in words} - PUBLIC
    places = [out.read_bytes()]
    for octets in _mails(bench, out, "after"):
        places += [octets, quopri.decodestring(octets)]
        for part in email.message_from_bytes(octets, policy=email.policy.compat32).walk():
            places += [] if part.is_multipart() else [part.get_payload(decode=True) or b""]
    for run_ in re.findall(rb"[A-Za-z0-9+/]{8,}={0,2}", out.read_bytes()):
        try:
            places.append(base64.b64decode(run_ + b"=" * (-len(run_) % 4)))
        except binascii.Error:
            pass
    everything = b"\n".join(places).lower().decode("latin-1")
    left = [w for w in sorted(words) if w.encode().decode("latin-1") in everything]
    checks.equal(f"{path.name}: none of {len(words)} words is left", left, [])


def _words(text):
    """Addresses and hosts whole, and every word that is long enough not to turn up by chance."""
    whole = set(re.findall(r"[\w.+-]+@[\w.-]+|\w[\w-]*\.[\w.-]*\w", text))
    return {w for w in whole if len(w) > 5} | set(re.findall(r"[^\W_]{5,}", text))


def _mails(bench, path, label):
    folder = bench.work / f"{label}-{path.name}"
    mailtap.run("export", path, "--format", "eml", "-o", folder, "-q")
    return [p.read_bytes() for p in sorted(folder.glob("*.eml"))]


def _tools(checks, bench):
    """The same name is the same pseudonym in all sessions; other tools read the file."""
    out = bench.work / "redacted-all.mailtap"
    result = mailtap.run("export", CAPTURES / "smtp-plain.pcap", CAPTURES / "lmtp.pcap", "--format", "redacted", "-o", out)
    checks.holds("several inputs: said on standard error what was replaced", b"replaced: " in result.err, result)
    senders = {m["from"] for s in analyze(out) for m in s["messages"]}
    checks.equal("one sender, one pseudonym", len(senders), 1)
    second = bench.work / "redacted-again.mailtap"
    mailtap.run("export", CAPTURES / "smtp-plain.pcap", "--format", "redacted", "-o", second)
    checks.holds("another export, other pseudonyms", not senders & {m["from"] for s in analyze(second) for m in s["messages"]})
    done = subprocess.run(["tshark", "-r", str(out), "-o", "tcp.check_checksum:TRUE", "-Y",
                           "tcp.checksum.status==0 || tcp.analysis.lost_segment || _ws.malformed"],
                          capture_output=True, text=True, timeout=60)
    checks.equal("tshark finds it flawless", (done.returncode, done.stdout), (0, ""))
    checks.equal("--list without redacted: 64",
                 mailtap.run("export", out, "--format", "json", "--list", bench.work / "x").status, 64)


def _replayed(checks, bench):
    """It can be played: one copy as the client, another as the server."""
    for name in ("smtp-plain", "smtp-refused-recipient", "smtp-bdat", "smtp-several-mails"):
        out = bench.work / f"redacted-{name}.pcap"
        server = subprocess.Popen([mailtap.EXECUTABLE, "replay", str(out), "--serve", "127.0.0.1:0"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=mailtap.environment())
        try:
            line = server.stderr.readline()
            port = line.rsplit(":", 1)[-1].strip()
            client = mailtap.run("replay", out, "--to", f"smtp://127.0.0.1:{port}")
            said, _ = server.communicate(timeout=30)
            checks.holds(f"{name}, redacted, played to itself: no difference on either side",
                         (client.status, server.returncode) == (0, 0), f"{line}{client}\n{said}")
        finally:
            if server.poll() is None:
                server.kill()
