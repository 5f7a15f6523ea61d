"""Captures of every form that links, tunnels and stacks give packets, held against what was put in and against tshark."""

import random
import re
import subprocess

from account import dialogue_of
from forms import LINKS, NETWORKS, TUNNELS, PcapNG, Speaker, frames, possible, u16, u32
from mailtap import analyze
from scenarios.decrypting import played

# Octets of a segment before its payload, as Speaker writes them.
HEADER = 32
VERBS = ["EHLO", "MAIL", "RCPT", "DATA", "*data", "QUIT"]
MESSAGE = len(b"Subject: odd links\r\n\r\nText of the mail.\r\nMore of it.\r\n")
STATUSES = ["220", "250", "250", "250", "354", "250", "221"]

def forms(checks, bench):
    """One file with an interface for each link, and a dialogue in each form that can be."""
    file, wanted = PcapNG(), {}
    for network in NETWORKS:
        for tunnel in TUNNELS:
            for link in LINKS:
                # Every pair of two kinds; all of the third alone would make the file large for nothing.
                kinds = (network != "plain") + (tunnel != "none") + (link != "Ethernet")
                if kinds > 2 or not possible(network, tunnel, link):
                    continue
                talk = Speaker(port=20_000 + len(wanted)).mail().close()
                wanted[talk.ports[0]] = (f"{network}, {tunnel}, {link}", talk)
                interface = file.interface(LINKS[link][0])
                for tcp, from_client in talk.segments:
                    for frame in frames(tcp, from_client, network, tunnel, link):
                        file.packet(interface, frame)
    path = bench.work / "forms.pcapng"
    path.write_bytes(file.octets())
    sessions = {session["client"]["port"]: session for session in analyze(path)}
    checks.equal("a session for each form", len(sessions), len(wanted))
    checks.none("each form: the dialogue", [f"{name}: {told}" for port, (name, _) in wanted.items()
                                            if (told := _wrong(sessions.get(port)))])
    seen = _payloads(path)
    differing = [name for port, (name, talk) in wanted.items() if seen.get(port, [b"", b""]) != talk.said]
    checks.none("each form: tshark sees the same octets", differing)


def _wrong(session):
    if session is None:
        return "no session"
    verbs = [e["command"]["verb"] for e in session["exchanges"] if e["command"]]
    statuses = [(e["reply"] or {}).get("status") for e in session["exchanges"]]
    lost = session["bytes"]["client_missing"] + session["bytes"]["server_missing"]
    complete = [m["complete"] and m["bytes"] == MESSAGE for m in session["messages"]]
    if (verbs, statuses, lost, complete, session["ending"]) != (VERBS, STATUSES, 0, [True], "quit"):
        return verbs, statuses, lost, session["messages"], session["ending"]
    return None


def _payloads(path):
    """What tshark finds each side to have said, by the client's port; the packets are in order and none is twice."""
    out = subprocess.run(
        ["tshark", "-n", "-r", path, "-Y", "tcp.len > 0", "-T", "fields", "-e", "tcp.srcport", "-e", "tcp.dstport", "-e",
         "tcp.payload"], capture_output=True, text=True).stdout
    said = {}
    for line in out.splitlines():
        source, destination, payload = line.split("\t")
        side = 1 if source == "25" else 0
        said.setdefault(int(destination if side else source), [b"", b""])[side] += bytes.fromhex(payload)
    return said


def disturbed(checks, bench):
    """Order, repetition, overlap and wrap that TCP forgives: nothing differs, in MailTap and in tshark."""
    generator = random.Random(20261125)
    file, wanted = PcapNG(), {}
    interface = file.interface(1)
    for number in range(60):
        near = generator.randrange(400)
        talk = Speaker(port=30_000 + number, first=(-near & 0xFFFFFFFF, -near // 2 & 0xFFFFFFFF)).mail().close()
        network = generator.choice(list(NETWORKS))
        wanted[talk.ports[0]] = (f"disturbed {number}, {network}, {near} octets before the wrap", talk)
        for tcp, from_client in talk.segments[:3] + _shaken(talk, generator):
            for frame in frames(tcp, from_client, network):
                file.packet(interface, frame)
    path = bench.work / "disturbed.pcapng"
    path.write_bytes(file.octets())
    sessions = {session["client"]["port"]: session for session in analyze(path)}
    checks.equal("disturbed: a session for each dialogue", len(sessions), len(wanted))
    checks.none("disturbed: the dialogues", [f"{name}: {told}" for port, (name, _) in wanted.items()
                                             if (told := _wrong(sessions.get(port)))])
    # tshark 4.0 calls octets missing that come in a larger piece behind later ones; elsewhere it must agree.
    found = followed(path, len(wanted))
    missing = {port for port, said in found.items() if any(b"missing in capture file" in side for side in said)}
    checks.none("disturbed: tshark follows the same octets, where it misses none", [
        name for port, (name, talk) in wanted.items() if port not in missing and found.get(port) != talk.said])
    checks.holds("disturbed: and mostly it misses none", len(missing) < len(wanted) // 3, missing)


def _shaken(talk, generator):
    """Segments out of order within a window, some twice, some in larger pieces."""
    segments = talk.segments[3:]
    for at in range(0, len(segments), 3):
        piece = segments[at:at + 3]
        generator.shuffle(piece)
        segments[at:at + 3] = piece
    again = []
    for tcp, from_client in segments:
        again.append((tcp, from_client))
        chance = generator.random()
        if chance < 0.2:
            again.append(generator.choice(again))
        elif chance < 0.5 and len(tcp) > HEADER:
            again.append((_larger(talk, tcp, from_client, generator.randrange(1, 30)), from_client))
    return again


def _larger(talk, tcp, from_client, more):
    """A segment sent again together with octets before it."""
    side = 0 if from_client else 1
    start = (int.from_bytes(tcp[4:8], "big") - talk.first[side] - 1) & 0xFFFFFFFF
    begin = max(0, start - more)
    sequence = talk.first[side] + 1 + begin & 0xFFFFFFFF
    return tcp[:4] + u32(sequence) + tcp[8:HEADER] + talk.said[side][begin:start + len(tcp) - HEADER]


def followed(path, count, servers=(25,)):
    """What tshark follows of each connection, by the client's port; `servers` are the servers' ports."""
    wishes = [word for stream in range(count) for word in ("-z", f"follow,tcp,raw,{stream}")]
    out = subprocess.run(["tshark", "-n", "-r", path, "-q", *wishes], capture_output=True, text=True).stdout
    found = {}
    for part in out.split("Follow: tcp,raw")[1:]:
        ports = [int(port) for port in re.findall(r"^Node [01]: .*:(\d+)$", part, re.M)]
        said = [b"", b""]
        for line in part.splitlines():
            if re.fullmatch(r"\t?[0-9a-f]+", line):
                said[(1 if line[0] == "\t" else 0) ^ (ports[0] in servers)] += bytes.fromhex(line.strip())
        found[ports[1] if ports[0] in servers else ports[0]] = said
    return found


def under_tls(checks, bench):
    """A session under TLS, captured of real ends, put into fragments, tags and tunnels: decrypted as it was."""
    _, packets, keylog, port = played(bench, "tls13", False)
    plain = analyze(packets, "--keylog", keylog)[0]
    for network, tunnel, link in (("fragments", "none", "PPPoE"), ("plain", "VXLAN", "QinQ"), ("sixth", "GRE", "MPLS"),
                                  ("sixth fragments", "Geneve", "Linux cooked 2"), ("options", "GTP-U", "raw IP")):
        file = PcapNG()
        interface = file.interface(LINKS[link][0])
        for tcp in _segments(packets):
            for frame in frames(tcp, tcp[2:4] == u16(port), network, tunnel, link):
                file.packet(interface, frame)
        path = bench.work / "wrapped.pcapng"
        path.write_bytes(file.octets())
        name = f"TLS, {network}, {tunnel}, {link}"
        sessions = analyze(path, "--keylog", keylog)
        if checks.equal(f"{name}: one session", len(sessions), 1):
            for key in ("tls", "messages", "bytes"):
                checks.equal(f"{name}: {key}", sessions[0][key], plain[key])
            checks.equal(f"{name}: exchanges", dialogue_of(sessions[0]), dialogue_of(plain))


def _segments(path):
    """The TCP segments of a capture of Ethernet and IPv4."""
    octets = path.read_bytes()
    at = 24
    while at + 16 <= len(octets):
        length = int.from_bytes(octets[at + 8:at + 12], "little")
        datagram = octets[at + 16 + 14:at + 16 + length]
        yield datagram[(datagram[0] & 15) * 4:int.from_bytes(datagram[2:4], "big")]
        at += 16 + length


def cut(checks, bench):
    """A snapshot length in the middle of packets: every octet is there or counted as missing."""
    for snap in (70, 80, 100):
        talk = Speaker(port=31_000 + snap).mail().close()
        file = PcapNG()
        interface = file.interface(1)
        for tcp, from_client in talk.segments:
            for frame in frames(tcp, from_client):
                file.packet(interface, frame[:snap], wire=len(frame))
        path = bench.work / f"cut-{snap}.pcapng"
        path.write_bytes(file.octets())
        session = analyze(path)[0]
        for side, name in enumerate(("client", "server")):
            count = session["bytes"][name] + session["bytes"][f"{name}_missing"]
            checks.equal(f"cut at {snap}: octets of the {name}, there or missing", count, len(talk.said[side]))
        checks.holds(f"cut at {snap}: said", any(f["rule"] == "tcp.snapshot-length" for f in session["findings"]),
                     session["findings"])
        checks.holds(f"cut at {snap}: no message is complete", not any(m["complete"] for m in session["messages"]),
                     session["messages"])
