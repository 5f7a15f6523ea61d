"""list, export and the round trips: each view of a recording says the same."""

import gzip
import hashlib
import json
import subprocess

import dialogues
import mailtap
from account import dialogue_of
from mailtap import analyze


def run(checks, bench):
    recording = bench.recording
    sessions = analyze(recording)
    listing = mailtap.run("list", recording)
    checks.equal("list: exit status", listing.status, 0)
    numbered = [line for line in listing.text.splitlines() if line.split() and line.split()[0].isdigit()]
    checks.equal("list: one line for each session", len(numbered), len(sessions))

    text = mailtap.run("analyze", recording)
    checks.equal("analyze: exit status", text.status, 0)
    checks.holds("analyze: swaks' marks", all(mark in text.text for mark in (" -> ", "<-  ", "=== ")), text)
    checks.equal("analyse is analyze", mailtap.run("analyse", recording).out, text.out)
    checks.equal("export --format text is analyze's text", mailtap.run("export", recording, "--format", "text").out,
                 text.out)
    checks.equal("export --format json is analyze's", mailtap.run("export", recording, "--format", "json").json(),
                 sessions)
    ndjson = mailtap.run("export", recording, "--format", "ndjson")
    lines = [json.loads(line) for line in ndjson.out.splitlines()]
    checks.equal("export --format ndjson: the same sessions", sorted(lines, key=lambda s: s["session"]), sessions)
    one = analyze(recording, "--session", "2")
    checks.equal("--session 2", one, sessions[1:2])

    piped = mailtap.run("analyze", "-", "--format", "json", stdin=recording.read_bytes())
    checks.equal("standard input: exit status", piped.status, 0)
    checks.equal("standard input: the same dialogues", [dialogue_of(s) for s in piped.json()],
                 [dialogue_of(s) for s in sessions])
    packed = bench.work / "packed"
    packed.write_bytes(gzip.compress(recording.read_bytes()))
    checks.equal("gzip: the same dialogues", [dialogue_of(s) for s in analyze(packed)],
                 [dialogue_of(s) for s in sessions])
    twice = analyze(recording, packed)
    checks.equal("two inputs are one list", [dialogue_of(s) for s in twice], [dialogue_of(s) for s in sessions] * 2)
    checks.equal("two inputs are numbered through", [s["session"] for s in twice], list(range(1, len(twice) + 1)))
    out = bench.work / "output.json"
    checks.equal("-o: exit status", mailtap.run("analyze", recording, "--format", "json", "-o", out).status, 0)
    checks.equal("-o: what standard output would have had", json.loads(out.read_text()), sessions)

    _dialogue_files(checks, bench, sessions)
    _eml(checks, bench, sessions)
    _statuses(checks, bench)


def _dialogue_files(checks, bench, sessions):
    path = bench.work / "dialogues.dialogue"
    checks.equal("export --format dialogue: exit status",
                 mailtap.run("export", bench.recording, "--format", "dialogue", "-o", path).status, 0)
    again = analyze(path)
    checks.equal("dialogue file: number of sessions", len(again), len(sessions))
    for before, after in zip(sessions, again):
        checks.equal(f"dialogue file: session {before['session']} read back the same", dialogue_of(after),
                     dialogue_of(before))
    second = mailtap.run("export", path, "--format", "dialogue")
    checks.equal("a dialogue file exported again has the same sessions",
                 [dialogue_of(s) for s in mailtap.run("analyze", "-", "--format", "json", stdin=second.out).json()],
                 [dialogue_of(s) for s in sessions])
    by_hand = b"S: 220 mail.example.org\nC: EHLO client.example\nS: 250 mail.example.org\nC: QUIT\nS: 221 Bye\n"
    session, = mailtap.run("analyze", "-", "--format", "json", stdin=by_hand).json()
    checks.equal("a dialogue written by hand",
                 [(e["command"] and e["command"]["line"], e["reply"]["status"]) for e in session["exchanges"]],
                 [(None, "220"), ("EHLO client.example", "250"), ("QUIT", "221")])


def _eml(checks, bench, sessions):
    folder = bench.work / "mails" / "of-the-day"
    result = mailtap.run("export", bench.recording, "--format", "eml", "-o", folder)
    checks.equal("export --format eml: exit status", result.status, 0)
    written = sorted(hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.glob("*.eml"))
    checks.equal("export --format eml: a file for each message, octet for octet", written,
                 sorted(m["sha256"] for s in sessions for m in s["messages"]))


def _statuses(checks, bench):
    """The exit statuses that scripts rely on."""
    work = bench.work
    noise = work / "noise"
    noise.write_bytes(bytes(range(256)) * 8)
    for name, arguments, status in (
            ("no such command", ["frobnicate"], 64),
            ("no such option", ["analyze", "--frobnicate", noise], 64),
            ("no such format", ["analyze", bench.recording, "--format", "frobnicate"], 64),
            ("a route that is none", ["proxy", "2525"], 64),
            ("a scheme that is none", ["proxy", "0=gopher://127.0.0.1:1"], 64),
            ("a file of no known format", ["analyze", noise], 65),
            ("a file that does not exist", ["analyze", work / "nowhere"], 66),
            ("a directory", ["analyze", work], 66),
            ("an output that can't be created", ["analyze", bench.recording, "-o", work / "nowhere" / "x"], 73),
            ("--help", ["--help"], 0), ("--version", ["--version"], 0)):
        result = mailtap.run(*arguments, timeout=20)
        checks.holds(f"{name}: {status}", result.status == status and (status == 0 or result.err), result)
    torn = work / "torn.mailtap"
    torn.write_bytes(bench.recording.read_bytes()[:-7])
    result = mailtap.run("analyze", torn, "--format", "json")
    checks.holds("a torn recording: read to its last whole block",
                 result.status in (0, 65) and len(result.json()) >= len(bench.live) - 1, result)
    command = f"'{mailtap.EXECUTABLE}' analyze '{bench.recording}' 2>&1 | head -n 1; exit ${{PIPESTATUS[0]}}"
    pipe = subprocess.run(["bash", "-c", command], capture_output=True, env=mailtap.environment())
    checks.equal("a closed pipe ends quietly", (pipe.returncode, pipe.stdout.count(b"\n")), (0, 1))
    checks.equal("--version is one line", mailtap.run("--version").text.count("\n"), 1)
