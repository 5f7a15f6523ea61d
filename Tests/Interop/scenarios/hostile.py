"""Captures made to exhaust whoever reads them: bounded memory, an answer, a word on what was cut, never a crash."""

import json
import struct
import subprocess

import mailtap
from crafted import ACK, PCAP_HEADER, SYN, Talk, record, segment
from scenarios.inputs import measured

SERVER = (0xC0000219, 25)
# Some 65,000 connections are followed at one time; `analyze` keeps what each said.
LIMIT = 576 << 20


def many_connections(checks, bench):
    """A million connections that say hello and never end."""
    count, piece = 1_000_000, 2_000

    def feed(out):
        out.write(PCAP_HEADER)
        template = bytearray(record(segment((0, 40000), SERVER, 1000, 0, SYN), 1)
                             + record(segment((0, 40000), SERVER, 1001, 1, ACK, b"EHLO x\r\n"), 1))
        # The source address in each of the two packets.
        places = (16 + 14 + 12, 16 + 14 + 40 + 16 + 14 + 12)
        for start in range(0, count, piece):
            block = bytearray()
            for number in range(start, start + piece):
                address = struct.pack(">I", 0x0A000000 + number)
                for place in places:
                    template[place:place + 4] = address
                block += template
            out.write(block)

    for command in (["list", "-"], ["analyze", "-", "--format", "ndjson"]):
        status, peak, said = measured(*command, feed=feed)
        checks.equal(f"{command[0]}: a million connections without an end: 0", status, 0)
        checks.holds(f"{command[0]}: below {LIMIT >> 20} MiB", peak < LIMIT, f"{peak >> 20} MiB {said[:200]}")


def undecided_flood(checks, bench):
    """Tens of thousands of connections whose octets all wait for an answer that never comes."""
    count, size = 30_000, 40_000

    def feed(out):
        out.write(PCAP_HEADER)
        for first in (True, False):
            for number in range(count):
                client = (0x0A000000 + number, 40000)
                if first:
                    out.write(record(segment(client, SERVER, 1000, 0, SYN), 1)
                              + record(segment(SERVER, client, 9000, 1001, SYN | ACK), 1)
                              + record(segment(SERVER, client, 9001, 1001, ACK, b"220 mx ESMTP\r\n"), 1))
                else:
                    content = b"DATA\r\n" + b"x" * 70 + b"\r\n"
                    out.write(record(segment(client, SERVER, 1001, 9015, ACK, content.ljust(size, b"y")), 2))

    for command in (["list", "-"], ["analyze", "-", "--format", "ndjson"]):
        status, peak, said = measured(*command, feed=feed)
        checks.equal(f"{command[0]}: what waits for answers: 0", status, 0)
        checks.holds(f"{command[0]}: below {LIMIT >> 20} MiB, not {count * size >> 20}", peak < LIMIT,
                     f"{peak >> 20} MiB {said[:200]}")


def _sessions(checks, bench, name, octets):
    path = bench.work / name
    path.write_bytes(PCAP_HEADER + octets)
    status, peak, said = measured("analyze", path, "--format", "ndjson")
    checks.equal(f"{name}: exit status 0", status, 0)
    checks.holds(f"{name}: below 128 MiB", peak < 128 << 20, f"{peak >> 20} MiB {said[:200]}")
    result = mailtap.run("analyze", path, "--format", "ndjson")
    return [json.loads(line) for line in result.out.splitlines()]


def _rules(sessions):
    return [finding["rule"] for session in sessions for finding in session["findings"]]


def connections_cut(checks, bench):
    """More connections at one time than are followed: those idle longest are ended, and say so."""
    count, followed = 70_000, 65_536
    path = bench.work / "cut-connections.pcap"
    with open(path, "wb") as out:
        out.write(PCAP_HEADER)
        for number in range(count):
            out.write(record(segment((0x0A000000 + number, 40000), SERVER, 1001, 1, ACK, b"EHLO x\r\n"), 1))
    status, peak, said = measured("analyze", path, "--format", "ndjson")
    checks.equal("more connections than are followed: 0", status, 0)
    checks.holds(f"below {LIMIT >> 20} MiB", peak < LIMIT, f"{peak >> 20} MiB {said[:200]}")
    # Line by line: what this process holds would count for the next command that is measured.
    process = subprocess.Popen([mailtap.EXECUTABLE, "analyze", path, "--format", "ndjson"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=mailtap.environment())
    sessions = cut = 0
    for line in process.stdout:
        sessions += 1
        cut += b'"tcp.buffer-limit"' in line
    process.wait()
    checks.equal("a session for each connection", sessions, count)
    # Each of a file's readers, at most four, may follow one more.
    checks.holds("those beyond the bound say that they were cut", 0 <= count - followed - cut <= 4, cut)


def one_octet_segments(checks, bench):
    """A flood of segments of one octet, in no order, every second octet missing."""
    talk = Talk(port=40003).mail()
    records = [talk.octets()]
    base, count = talk.next[0], 300_000
    for number in range(count):
        # A permutation: 7919 is prime to the count.
        place = number * 7919 % count * 2 + 1
        records.append(record(segment(talk.ends[0], talk.ends[1], base + place, talk.next[1], ACK, b"x"), 1))
    sessions = _sessions(checks, bench, "one-octet.pcap", b"".join(records))
    codes = [t["code"] for s in sessions for t in s.get("troubles", [])]
    checks.holds("what was cut is said", "buffer-limit" in codes, codes)
    checks.holds("and a finding", "tcp.buffer-limit" in _rules(sessions), _rules(sessions))
    checks.holds("and counted", sessions and sessions[0]["bytes"]["client_missing"] > 0, sessions)


def holes(checks, bench):
    """A million octets of one connection that come one by one, with as many missing between them."""
    count, piece = 1_000_000, 2_000

    def feed(out):
        out.write(PCAP_HEADER)
        client = (0x0A000001, 40000)
        out.write(record(segment(client, SERVER, 1000, 0, SYN), 1)
                  + record(segment(SERVER, client, 9000, 1001, SYN | ACK), 1)
                  + record(segment(SERVER, client, 9001, 1001, ACK, b"220 mx ESMTP\r\n"), 1))
        said = bytearray(record(segment(client, SERVER, 0, 9015, ACK, b"x"), 2))
        taken = bytearray(record(segment(SERVER, client, 9015, 0, ACK), 2))
        for start in range(0, count, piece):
            block = bytearray()
            for number in range(start, start + piece):
                said[16 + 14 + 24:16 + 14 + 28] = struct.pack(">I", 1002 + 2 * number)
                block += said
                if number % 4 == 3:
                    taken[16 + 14 + 28:16 + 14 + 32] = struct.pack(">I", 1003 + 2 * number)
                    block += taken
            out.write(block)

    for command in (["list", "-"], ["check", "-"], ["analyze", "-", "--format", "ndjson"]):
        status, peak, said = measured(*command, feed=feed)
        checks.equal(f"{command[0]}: a million holes: 0", status, 0)
        checks.holds(f"{command[0]}: a million holes: below 40 MiB", peak < 40 << 20, f"{peak >> 20} MiB {said[:200]}")


def sequence_jump(checks, bench):
    """A sequence number 4 GB away is left out and said; three in a row are a loss."""
    talk = Talk(port=40004).mail()
    jumped = record(segment(talk.ends[0], talk.ends[1], talk.next[0] + 0x7FFFFFF0, talk.next[1], ACK, b"x" * 100), 1)
    jumped += record(segment(talk.ends[0], talk.ends[1], talk.next[0] + 0xF0000000, talk.next[1], ACK, b"y" * 100), 1)
    said = talk.octets()
    ended = talk.close().octets()[len(said):]
    sessions = _sessions(checks, bench, "jump.pcap", said + jumped + ended)
    checks.equal("the dialogue is whole", [e["command"]["verb"] for s in sessions for e in s["exchanges"]
                                           if e["command"]], ["EHLO", "QUIT"])
    codes = [t["code"] for s in sessions for t in s.get("troubles", [])]
    checks.holds("the jump is said", "out-of-window" in codes, codes)
    checks.holds("and a finding", "tcp.out-of-window" in _rules(sessions), _rules(sessions))
