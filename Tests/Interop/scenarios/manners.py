"""The command line's manners: exit statuses, where output goes, what a closed pipe or a full disk does, help and man page."""

import os
import pty
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import mailtap
from mailtap import analyze

ROOT = Path(__file__).resolve().parents[3]
CAPTURES = ROOT / "captures"
PLAIN = CAPTURES / "smtp-plain.pcap"
FORMATS = ("text json ndjson dialogue html markdown mermaid mbox csv sarif junit tap swaks curl openssl pcapng redacted"
           ).split()


def run(checks, bench):
    _every_format(checks, bench)
    _inputs(checks, bench)
    _outputs(checks, bench)
    _colour(checks, bench)
    _progress(checks, bench)
    _recordings(checks, bench)
    _interrupted(checks, bench)
    _help(checks, bench)
    _moved(checks, bench)
    _readme(checks)


def _every_format(checks, bench):
    for format in FORMATS:
        result = mailtap.run("export", PLAIN, "--format", format)
        checks.holds(f"export --format {format}: 0, on standard output", result.status == 0 and result.out, result)
        out = bench.work / f"out.{format}"
        named = mailtap.run("export", PLAIN, "--format", format, "-o", out)
        checks.holds(f"export --format {format} -o: nothing on standard output", named.status == 0 and not named.out
                     and out.stat().st_size > 0, named)
        if format != "redacted":
            checks.holds(f"export --format {format} -o: the same octets", out.read_bytes() == result.out)
        full = mailtap.run("export", PLAIN, "--format", format, "-o", "/dev/full")
        checks.holds(f"export --format {format} on a full disk: 74", full.status == 74 and full.err, full)
        for name, extra in (("of a damaged file", []), ("quietly", ["-q"])):
            torn = bench.work / "torn.pcap"
            torn.write_bytes(PLAIN.read_bytes()[:-40])
            result = mailtap.run("export", torn, "--format", format, *extra)
            checks.holds(f"export --format {format} {name}: 65, and what could be read", result.status == 65 and
                         result.out and result.err, result)
    checks.equal("export without --format is the text", mailtap.run("export", PLAIN).out, mailtap.run("analyze", PLAIN).out)


def _inputs(checks, bench):
    commands = {"analyze": [], "list": [], "export": ["--format", "json"], "check": []}
    for command, options in commands.items():
        for name, arguments, status in (
                ("a missing file", [bench.work / "nowhere"], 66), ("a directory", [bench.work], 66),
                ("no input", [], 64), ("an unknown option", [PLAIN, "--frobnicate"], 64),
                ("a session number that is none", [PLAIN, "--session", "0"], 64),
                ("a filter that is none", [PLAIN, "-f", "bad("], 64),
                ("a colour that is none", [PLAIN, "--color", "mauve"], 64),
                ("an unknown format", [PLAIN, "--format", "frobnicate"], 64)):
            result = mailtap.run(command, *arguments, *([] if "format" in name else options))
            checks.holds(f"{command}, {name}: {status}, nothing on standard output", result.status == status and
                         result.err and not result.out.strip(b"[]\n"), result)
        first = mailtap.run(command, bench.work / "nowhere", PLAIN, *options)
        checks.holds(f"{command}, a missing file and a good one: 66, and the good one's output", first.status == 66 and
                     len(first.out) > 10, first)
        piped = mailtap.run(command, "-", *options, stdin=PLAIN.read_bytes())
        checks.holds(f"{command} -: as from the file", piped.status == 0 and piped.out.replace(
            b"standard input", bytes(PLAIN)) == mailtap.run(command, PLAIN, *options).out, piped)
    told = mailtap.run("list", PLAIN, "-v")
    checks.holds("-v says more of an input, on standard error", b"packets" in told.err
                 and told.out == mailtap.run("list", PLAIN).out, told)
    result = mailtap.run("list", PLAIN, "--session", "9")
    checks.holds("a session that is not there is said", result.status == 0 and b"9" in result.err, result)
    for arguments in (["diff", PLAIN], ["diff", PLAIN, PLAIN, PLAIN], ["frobnicate"], ["replay", PLAIN],
                      ["proxy"], ["check", PLAIN, "--fail-on", "never"]):
        result = mailtap.run(*arguments)
        checks.holds(f"{arguments[0]} with {len(arguments) - 1} arguments: 64", result.status == 64 and result.err, result)
    for arguments, status in (([PLAIN, PLAIN], 0), ([PLAIN, CAPTURES / "smtp-helo.pcap"], 1),
                              ([PLAIN, bench.work / "nowhere"], 66)):
        result = mailtap.run("diff", *arguments)
        checks.equal(f"diff: {status}", result.status, status)
    for level, status in (("error", 0), ("warning", 1), ("note", 1)):
        result = mailtap.run("check", CAPTURES / "smtp-helo.pcap", "--fail-on", level)
        checks.holds(f"check --fail-on {level}: {status}", result.status == status and result.out and not result.err, result)
    three = analyze(PLAIN, CAPTURES / "smtp-helo.pcap", CAPTURES / "lmtp.pcap")
    checks.equal("several inputs are one list", [(s["session"], Path(s["source"]).name) for s in three],
                 [(1, "smtp-plain.pcap"), (2, "smtp-helo.pcap"), (3, "lmtp.pcap")])


def _outputs(checks, bench):
    commands = [["analyze", PLAIN], ["list", PLAIN], ["export", PLAIN, "--format", "json"], ["check", PLAIN],
                ["diff", PLAIN, PLAIN], ["export", PLAIN, "--format", "pcapng"], ["export", PLAIN, "--format", "redacted"]]
    for command in commands:
        name = " ".join(a for a in map(str, command) if "/" not in a)
        out = bench.work / "result"
        out.unlink(missing_ok=True)
        result = mailtap.run(*command, "-o", out)
        checks.holds(f"{name} -o: 0, the result is there alone", result.status == 0 and not result.out
                     and out.stat().st_size > 0, result)
        result = mailtap.run(*command, "-o", bench.work / "nowhere" / "x")
        checks.holds(f"{name} -o into no directory: 73", result.status == 73 and result.err and not result.out, result)
        result = mailtap.run(*command, "-o", "/dev/full")
        checks.holds(f"{name} on a full disk: 74", result.status == 74 and result.err, result)
        line = " ".join(f"'{a}'" for a in [mailtap.EXECUTABLE, *map(str, command)])
        for reader in ("true", "head -c 1 >/dev/null"):
            done = subprocess.run(["bash", "-c", f"{line} -q | {reader}; exit ${{PIPESTATUS[0]}}"], capture_output=True,
                                  env=mailtap.environment())
            checks.holds(f"{name} | {reader}: 0, quietly", done.returncode == 0 and not done.stderr,
                         (done.returncode, done.stderr))
    folder = bench.work / "made" / "for-it"
    result = mailtap.run("export", PLAIN, "--format", "eml", "-o", folder)
    checks.holds("eml: the directory is made", result.status == 0 and len(list(folder.glob("*.eml"))) == 1, result)
    checks.equal("eml without -o: 64", mailtap.run("export", PLAIN, "--format", "eml").status, 64)
    checks.equal("eml below a file: 73", mailtap.run("export", PLAIN, "--format", "eml", "-o", PLAIN / "x").status, 73)


def _colour(checks, bench):
    for command in ("analyze", "list", "check"):
        coloured = mailtap.run(command, CAPTURES / "smtp-helo.pcap", "--color", "always").out
        checks.holds(f"{command} --color always: colours in a pipe too", b"\x1b[" in coloured)
        checks.holds(f"{command} in a pipe: none", b"\x1b[" not in mailtap.run(command, CAPTURES / "smtp-helo.pcap").out)
        plain = re.sub(rb"\x1b\[[0-9;]*m", b"", coloured)
        checks.equal(f"{command}: colours change nothing else", plain,
                     mailtap.run(command, CAPTURES / "smtp-helo.pcap", "--color", "never").out)
        environment = {k: v for k, v in mailtap.environment().items() if k != "NO_COLOR"}
        environment["TERM"] = "xterm-256color"
        shown = _on_terminal([command, CAPTURES / "smtp-helo.pcap"], environment)
        checks.holds(f"{command} on a terminal: colours", b"\x1b[" in shown, shown[:400])
        shown = _on_terminal([command, CAPTURES / "smtp-helo.pcap"], environment | {"NO_COLOR": "1"})
        checks.holds(f"{command} on a terminal with NO_COLOR: none", b"\x1b[" not in shown and len(shown) > 20, shown[:400])
    shown = _on_terminal(["export", PLAIN, "--format", "pcapng"], mailtap.environment())
    checks.holds("no packets go to a terminal", b"-o" in shown and b"\x0a\x0d\x0d\x0a" not in shown, shown[:200])


def _on_terminal(arguments, environment, columns=100):
    """What a command writes where standard output and standard error are a terminal."""
    master, slave = pty.openpty()
    import fcntl
    import struct
    import termios
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen([mailtap.EXECUTABLE, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=slave,
                               stderr=slave, env=environment)
    os.close(slave)
    shown = b""
    while True:
        ready, _, _ = select.select([master], [], [], 20)
        try:
            octets = os.read(master, 65536) if ready else b""
        except OSError:
            octets = b""
        if not octets:
            break
        shown += octets
    process.wait(20)
    os.close(master)
    return shown


def _progress(checks, bench):
    large = bench.work / "large.pcap"
    octets = PLAIN.read_bytes()
    with open(large, "wb") as file:
        file.write(octets[:24])
        for _ in range((40 << 20) // len(octets[24:])):
            file.write(octets[24:])
    checks.holds("no progress where standard error is no terminal",
                 b"MiB" not in mailtap.run("list", large, timeout=300).err)
    shown = _on_terminal(["list", large, "-o", bench.work / "large.list"], mailtap.environment())
    checks.holds("progress on a terminal", b"MiB" in shown, shown[-300:])
    checks.holds("and it is taken away again", shown.rstrip().endswith(b"\x1b[K"), shown[-300:])
    narrow = _on_terminal(["list", PLAIN], mailtap.environment(), columns=80)
    checks.holds("list keeps within 80 columns of a terminal",
                 all(len(line.decode()) <= 80 for line in narrow.replace(b"\r", b"").splitlines()), narrow)


def _recordings(checks, bench):
    recording = bench.work / "analyzed.mailtap"
    for count in (1, 2):
        result = mailtap.run("analyze", PLAIN, "--record", recording, "-o", "/dev/null")
        checks.holds("analyze --record: 0", result.status == 0, result)
        checks.equal(f"appended, {count}: sessions", len(analyze(recording)), count)
    checks.equal("mode 0600", stat.S_IMODE(os.stat(recording).st_mode), 0o600)
    for name, path in (("a capture", PLAIN), ("a text", ROOT / "README.md")):
        copy = bench.work / "copy"
        shutil.copy(path, copy)
        result = mailtap.run("analyze", CAPTURES / "lmtp.pcap", "--record", copy)
        checks.holds(f"--record onto {name}: refused, 73, left as it was", result.status == 73 and result.err
                     and copy.read_bytes() == path.read_bytes(), result)
    checks.equal("--record into no directory: 73",
                 mailtap.run("analyze", PLAIN, "--record", bench.work / "nowhere" / "x").status, 73)


def _interrupted(checks, bench):
    """Ctrl-C ends a command whose input is still being written, in order, as it ends tcpdump."""
    for command in (["analyze", "-"], ["list", "-"], ["check", "-"]):
        process = subprocess.Popen([mailtap.EXECUTABLE, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=mailtap.environment())
        process.stdin.write(PLAIN.read_bytes()[:100])
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            _, err = process.communicate()
        checks.holds(f"{command[0]}: SIGINT ends it", process.returncode == 0 and not err,
                     (process.returncode, err))


def _help(checks, bench):
    done = subprocess.run([sys.executable, "-B", str(ROOT / "docs" / "manual.py"), "--check", mailtap.EXECUTABLE],
                          capture_output=True, text=True)
    checks.equal("the man page says what the executable says", (done.returncode, done.stderr), (0, ""))
    page = (ROOT / "docs" / "mailtap.1").read_text().replace("\\-", "-")
    top = mailtap.run("--help").text
    commands = re.findall(r"^  ([a-z]+)[, ]", top.split("SUBCOMMANDS:")[1], re.M)
    checks.holds("--help names the commands", len(commands) >= 8, top)
    for command in commands:
        result = mailtap.run("help", command)
        text = result.text
        checks.holds(f"help {command}: 0", result.status == 0 and "USAGE" in text, result)
        examples = mailtap.run("help", command, COLUMNS="80").text.partition("EXAMPLES\n")[2]
        examples = examples.partition("\n\n")[0].splitlines()
        checks.equal(f"help {command}: no example is broken at 80 columns",
                     [line for line in examples if not line.startswith("  ")], [])
        missing = [o for o in sorted(set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.M))) if o not in page
                   and o not in ("--help", "--version")]
        checks.equal(f"{command}: every option is in the man page", missing, [])
        inner = "SUBCOMMANDS" in text
        checks.holds(f"{command}: --help has examples", inner or command == "demo" or "EXAMPLES" in text, text)
    bogus = mailtap.run("analyze", "--bogus")
    checks.holds("an unknown option without an input: the option is told of", bogus.status == 64 and b"--bogus" in bogus.err,
                 bogus)
    for topic in ("filter", "rules", "normalizers"):
        result = mailtap.run("help", topic)
        checks.holds(f"help {topic}: 0", result.status == 0 and result.out and not result.err, result)
    checks.equal("help of what there is not: 64", mailtap.run("help", "frobnicate").status, 64)
    for shell in ("bash", "zsh", "fish"):
        script = mailtap.run("--generate-completion-script", shell)
        checks.holds(f"completion for {shell}", script.status == 0 and b"mailtap" in script.out, script)
    done = subprocess.run(["bash", "-n"], input=mailtap.run("--generate-completion-script", "bash").out, capture_output=True)
    checks.equal("bash takes its completion script", (done.returncode, done.stderr), (0, b""))


def _moved(checks, bench):
    """The executable alone, elsewhere, without an environment."""
    moved = bench.work / "moved-away" / "m"
    moved.parent.mkdir()
    shutil.copy(mailtap.EXECUTABLE, moved)
    folder = bench.work / "empty-folder"
    folder.mkdir()
    for command in (["--version"], ["list", PLAIN], ["analyze", PLAIN], ["check", PLAIN], ["help", "rules"],
                    ["export", PLAIN, "--format", "html"], ["diff", PLAIN, PLAIN]):
        done = subprocess.run([str(moved), *map(str, command)], capture_output=True, env={}, cwd=folder, timeout=60)
        checks.holds(f"moved, no environment: {command[0]}", done.returncode == 0 and done.stdout,
                     (done.returncode, done.stderr))
    checks.equal("and leaves nothing behind", list(folder.iterdir()), [])


def _readme(checks):
    """The transcripts in README.md are what the commands print; a line of "…" stands for any number of lines."""
    shown = 0
    for block in re.findall(r"^```\n(\$ mailtap .*?)^```", (ROOT / "README.md").read_text(), re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *wanted = part.splitlines()
            done = subprocess.run(["bash", "-c", command.replace("mailtap", f"'{mailtap.EXECUTABLE}'", 1)],
                                  capture_output=True, text=True, cwd=ROOT, env=mailtap.environment() | {"COLUMNS": "100"})
            got = done.stdout.splitlines()
            pattern = "\n".join(r"(?:.*\n)*?.*" if line.strip() == "…" else re.escape(line) for line in wanted)
            checks.holds(f"README: {command}", re.fullmatch(pattern, "\n".join(got)), "\n".join(got))
            shown += 1
    checks.holds("README shows transcripts", shown > 0)
