"""The ways in which a capture comes: compressed, through a pipe, growing, cut off, as a bomb."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import mailtap
from mailtap import analyze
from crafted import PCAP_HEADER, Talk

CAPTURES = Path(__file__).resolve().parents[3] / "captures"
PACKERS = {"gzip": ["gzip", "-c"], "zstd": ["zstd", "-qc"], "lz4": ["lz4", "-qc"], "xz": ["xz", "-c"]}


def told(sessions):
    """Sessions without the name of the input."""
    return [{key: value for key, value in session.items() if key != "source"} for session in sessions]


def compressed(checks, bench):
    """Each compression reads as the file itself; cut off, it gives what is there and 65."""
    plain = CAPTURES / "smtp-several-mails.pcap"
    wanted = told(analyze(plain))
    for name, command in PACKERS.items():
        packed = subprocess.run(command, input=plain.read_bytes(), capture_output=True, check=True).stdout
        path = bench.work / f"packed.{name}"
        path.write_bytes(packed)
        checks.equal(f"{name}: the same sessions", told(analyze(path)), wanted)
        path.write_bytes(packed + packed)
        checks.holds(f"{name}: a second frame is read as well, here as damage of the capture",
                     mailtap.run("analyze", path).status == 65)
        path.write_bytes(packed[: len(packed) // 2])
        result = mailtap.run("analyze", path, "--format", "json")
        checks.holds(f"{name}: cut off, it ends with 65 and names the file",
                     result.status == 65 and str(path).encode() in result.err, result)


def bomb(checks, bench):
    """A gzip bomb ends as damage, in bounded memory."""
    path = bench.work / "bomb.gz"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with open(path, "wb") as out:
        out.write(packer.compress(PCAP_HEADER) + packer.flush(zlib.Z_FULL_FLUSH))
        zeros = packer.compress(bytes(16 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        for _ in range(80):  # 1.25 GiB of packets of no octet; each piece stands alone
            out.write(zeros)
    status, peak, result = measured("list", path)
    checks.holds("a gzip bomb is damage", status == 65 and b"bomb" in result, result)
    checks.holds("and costs less than 64 MiB", peak < 64 << 20, f"{peak >> 20} MiB")


# Started by this small program, a command's peak is its own: what the starting process holds counts as its child's.
WAITER = """import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
sys.stdout.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss << 10}")
"""


def measured(*arguments, feed=None):
    """Runs a command; its exit status, peak memory in octets, and what it said on standard error."""
    command = [sys.executable, "-c", WAITER, mailtap.EXECUTABLE, *map(str, arguments)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE,
                                   env=mailtap.environment())
        try:
            if feed:
                feed(process.stdin)
            process.stdin.close()
        except BrokenPipeError:
            pass
        said = process.stderr.read()
        process.wait()
        output.seek(0)
        status, peak = output.read().decode().split()
    return int(status), int(peak), said


def pipe(checks, bench):
    """A FIFO that is still being written: each session is told once it has ended."""
    fifo = bench.work / "live"
    os.mkfifo(fifo)
    process = subprocess.Popen([mailtap.EXECUTABLE, "analyze", str(fifo), "--format", "ndjson"],
                               stdout=subprocess.PIPE, env=mailtap.environment())
    with open(fifo, "wb", buffering=0) as out:
        out.write(PCAP_HEADER)
        out.write(Talk(port=40001).mail().close().octets())
        first = json.loads(process.stdout.readline())
        checks.equal("a session is told while the pipe is open", first["client"]["port"], 40001)
        checks.equal("and the reader goes on", process.poll(), None)
        out.write(Talk(port=40002, at=10).mail().octets())
    rest = [json.loads(line) for line in process.stdout]
    checks.equal("one still open is told at the pipe's end", [s["client"]["port"] for s in rest], [40002])
    checks.equal("exit status 0", process.wait(10), 0)


def follow(checks, bench):
    """--follow reads on as a file grows, and Ctrl-C ends it with 0, also in the middle of a packet."""
    for command in (["analyze", "--format", "ndjson"], ["list", "--format", "ndjson"]):
        path = bench.work / f"growing-{command[0]}.pcap"
        path.write_bytes(PCAP_HEADER[:10])
        process = subprocess.Popen([mailtap.EXECUTABLE, *command, "--follow", str(path)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=mailtap.environment())
        with open(path, "ab", buffering=0) as out:
            out.write(PCAP_HEADER[10:])
            for number in range(2):
                octets = Talk(port=41000 + number, at=10 * number).mail().close().octets()
                out.write(octets[:100])
                time.sleep(0.3)
                out.write(octets[100:])
                line = json.loads(process.stdout.readline())
                checks.equal(f"{command[0]}: session {number + 1} is told as it ends", line["session"], number + 1)
            out.write(Talk(port=41009, at=30).mail().octets()[:-7])
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        checks.equal(f"{command[0]}: Ctrl-C ends it with 0", process.returncode, 0)
        checks.equal(f"{command[0]}: an open session is told at the end", out.count(b"\n"), 1)
        checks.equal(f"{command[0]}: nothing is said to be wrong", err, b"")
        _follow_replaced(checks, bench, command)
    checks.equal("--follow of two inputs is refused", mailtap.run("analyze", "--follow", path, path).status, 64)


def _follow_replaced(checks, bench, command):
    """A file that is moved away, written to for a while, and replaced, as rotations do: reading goes on in the new one."""
    path = bench.work / f"rotated-{command[0]}.pcap"
    talks = [Talk(port=42000 + number, at=10 * number).mail().close().octets() for number in range(4)]
    path.write_bytes(PCAP_HEADER + talks[0] + talks[1][:300])
    process = subprocess.Popen([mailtap.EXECUTABLE, *command, "--follow", str(path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=mailtap.environment())
    told = lambda: json.loads(process.stdout.readline())["client"]["port"]
    checks.equal(f"{command[0]}, replaced: a session of the first file", told(), 42000)
    moved = path.rename(path.with_suffix(".1"))
    path.write_bytes(PCAP_HEADER)
    with open(moved, "ab", buffering=0) as out:
        time.sleep(1)
        out.write(talks[1][300:])
    checks.equal(f"{command[0]}, replaced: what the moved file gains is read", told(), 42001)
    with open(path, "ab", buffering=0) as out:
        out.write(talks[2])
        checks.equal(f"{command[0]}, replaced: and then the new file", told(), 42002)
        out.write(talks[3])
        checks.equal(f"{command[0]}, replaced: as it grows", told(), 42003)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    checks.equal(f"{command[0]}, replaced: Ctrl-C ends it with 0", (process.returncode, out), (0, b""))
    checks.equal(f"{command[0]}, replaced: said", err.decode(), f"mailtap: {path} was replaced; going on with the new file\n")


def truncated(checks, bench):
    """What is there of a file that ends in mid-packet, then 65."""
    path = bench.work / "torn.pcap"
    path.write_bytes((CAPTURES / "smtp-several-mails.pcap").read_bytes()[:-20])
    result = mailtap.run("analyze", path, "--format", "json")
    checks.equal("a torn capture: 65", result.status, 65)
    checks.equal("and its sessions", [len(s["messages"]) for s in result.json()],
                 [len(s["messages"]) for s in analyze(CAPTURES / "smtp-several-mails.pcap")])
