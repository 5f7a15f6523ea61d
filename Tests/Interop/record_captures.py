#!/usr/bin/env python3
"""Records captures/ anew: real dialogues with a real Postfix and Dovecot, captured by tcpdump on loopback.

    record_captures.py [--mailtap PATH] [NAME...]        all, or only those named

The `proxy-*.mailtap` are recordings of MailTap's own, made by its proxy between the same client and servers.

Needs root, and the mail ports of 127.0.0.1 free: the servers listen on the standard ones, so that any reader of
captures decodes them. Times, ports of the clients and the servers' ids differ from run to run; what is said does not.
"""

import argparse
import gzip
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import dialogues
import mailtap
import tls
from account import account
from servers import STANDARD_PORTS, Servers

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
LARGEST = 50_000

# name: (dialogue, the service whose port is captured, tcpdump's further options). Postfix's own deliveries by LMTP are
# left out: when they come is not ours to say.
PLAN = {
    "lmtp": (dialogues.lmtp, "lmtp", []),  # first, while no such delivery can be under way
    "smtp-plain": (dialogues.smtp_plain, "smtp", []),
    "smtp-helo": (dialogues.smtp_helo, "plainest", []),
    "smtp-pipelined": (dialogues.smtp_pipelined, "smtp", []),
    "smtp-bdat": (dialogues.smtp_bdat, "smtp", []),
    "smtp-auth-plain": (dialogues.smtp_auth_plain, "submission", []),
    "smtp-auth-login": (dialogues.smtp_auth_login, "submission", []),
    "smtp-auth-cram-md5": (dialogues.smtp_auth_cram_md5, "submission", []),
    "smtp-refused-recipient": (dialogues.smtp_refused_recipient, "smtp", []),
    "smtp-several-mails": (dialogues.smtp_several_mails, "smtp", []),
    "smtp-data-refused-pipelined": (dialogues.smtp_data_refused_pipelined, "strict", []),
    "smtp-starttls": (dialogues.smtp_starttls, "smtp", []),
    "smtp-small-segments": (dialogues.smtp_small_segments, "smtp", []),
    "smtp-cooked": (dialogues.smtp_refused_recipient, "smtp", ["-i", "any", "-y", "LINUX_SLL"]),
    "smtp-cooked2": (dialogues.smtp_several_mails, "smtp", ["-i", "any", "-y", "LINUX_SLL2"]),
    "pop3-all-commands": (dialogues.pop3_all_commands, "pop3", ["--time-stamp-precision=nano"]),
    "pop3-pipelined": (dialogues.pop3_pipelined, "pop3", []),
    "pop3-logins": (dialogues.pop3_logins, "pop3", []),
    "pop3-stls": (dialogues.pop3_stls, "pop3", []),
}

# name: (dialogues, what --tls is to be). Each is one session or more of one recording.
RECORDED = {
    "proxy-smtp": ([dialogues.smtp_pipelined, dialogues.smtp_bdat, dialogues.smtp_refused_recipient], "pass"),
    "proxy-logins": ([dialogues.smtp_auth_plain, dialogues.smtp_auth_login, dialogues.smtp_auth_cram_md5,
                      dialogues.pop3_logins], "pass"),
    "proxy-pop3": ([dialogues.pop3_all_commands, dialogues.pop3_pipelined], "pass"),
    "proxy-starttls": ([dialogues.smtp_starttls, dialogues.pop3_stls], "pass"),
    "proxy-strip": ([dialogues.smtp_plain, dialogues.pop3_pipelined], "strip"),
}


# name: (dialogue, service, version, cipher suites of TLS 1.2): with the secrets that the client logged in the file.
DECRYPTED = {
    "tls13-smtps": (dialogues.smtps, "smtps", tls.TLS13, None),
    "tls12-starttls": (dialogues.smtp_under_starttls, "submission", tls.TLS12, "ECDHE-ECDSA-AES128-SHA256"),
    "tls12-pop3s": (dialogues.pop3s, "pop3s", tls.TLS12, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    "tls13-stls": (dialogues.pop3_under_stls, "pop3", tls.TLS13, None),
}


class Tcpdump:
    """Captures the TCP packets of one port into `path` while the `with` block runs."""

    def __init__(self, path, port, options):
        interface = [] if "-i" in options else ["-i", "lo"]
        self._command = ["tcpdump", *interface, *options, "--immediate-mode", "-U", "-n", "-B", "8192", "-s", "0",
                         "-w", str(path), f"tcp port {port}"]
        self._path = path

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        for line in self._process.stderr:
            if "listening on" in line:
                return self
        raise RuntimeError(f"tcpdump did not start: {' '.join(self._command)}")

    def __exit__(self, *_):
        size = -1
        while size != (size := self._path.stat().st_size):
            time.sleep(0.3)
        self._process.send_signal(signal.SIGINT)
        said = self._process.communicate()[1]
        if "\n0 packets dropped by kernel" not in said:
            raise RuntimeError(f"tcpdump lost packets: {said}")


def record(servers, name, dialogue, service, options, at=None):
    path = CAPTURES / f"{name}.pcap"
    with Tcpdump(path, servers.ports[service], options):
        wires = dialogue(at or dialogues.At(servers))
    _own(path)
    accounts = CAPTURES / "accounts" / f"{name}.json"
    accounts.parent.mkdir(exist_ok=True)
    accounts.write_text(json.dumps([account(wire) for wire in wires], indent=1, ensure_ascii=False) + "\n")
    _own(accounts)


def record_with_secrets(servers, name, dialogue, service, version, ciphers):
    path = CAPTURES / f"{name}.pcapng"
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o777)  # tcpdump changes to another user
        packets, keylog = Path(work) / "packets.pcap", Path(work) / "keys"
        at = dialogues.At(servers)
        at.tls = tls.trusting(keylog, version, ciphers)
        with Tcpdump(packets, servers.ports[service], []):
            wires = dialogue(at)
        subprocess.run(["editcap", "--inject-secrets", f"tls,{keylog}", packets, path], check=True)
    _own(path)
    accounts = CAPTURES / "accounts" / f"{name}.json"
    accounts.write_text(json.dumps([account(wire) for wire in wires], indent=1, ensure_ascii=False) + "\n")
    _own(accounts)


def record_by_proxy(servers, name, played, tls):
    path = CAPTURES / f"{name}.mailtap"
    path.unlink(missing_ok=True)
    routes = {service: f"{scheme}://127.0.0.1:{servers.ports[service]}"
              for service, scheme in (("smtp", "smtp"), ("submission", "submission"), ("pop3", "pop3"))}
    with mailtap.Proxy(routes, "-q", "--tls", tls, "--record", path) as proxy:
        wires = [wire for dialogue in played for wire in dialogue(dialogues.At(servers, proxy.at))]
        if proxy.stop() != 0:
            raise RuntimeError(f"the proxy did not end well: {proxy.error_text}")
    _own(path)
    accounts = CAPTURES / "accounts" / f"{name}.json"
    accounts.write_text(json.dumps([account(wire) for wire in wires], indent=1, ensure_ascii=False) + "\n")
    _own(accounts)


def convert(source, target, *command):
    path = CAPTURES / target
    subprocess.run([*command, str(CAPTURES / source), str(path)], check=True)
    _own(path)


def _own(path):
    # tcpdump as root may have changed to another user; the files are the repository's.
    owner = CAPTURES.stat()
    os.chown(path, owner.st_uid, owner.st_gid)
    path.chmod(0o644)
    size = path.stat().st_size
    if size > LARGEST:
        raise RuntimeError(f"{path.name} has {size} octets, more than {LARGEST}")
    print(f"{path.name}: {size} octets")


def main(names):
    wanted = lambda name: not names or name in names
    with Servers(ports=dict(STANDARD_PORTS)) as servers:
        for name, (dialogue, service, options) in PLAN.items():
            if wanted(name):
                record(servers, name, dialogue, service, options)
        if servers.ipv6 and wanted("smtp-ipv6"):
            at = dialogues.At(servers, {"smtp": ("::1", servers.ports["smtp"])})
            record(servers, "smtp-ipv6", dialogues.smtp_plain, "smtp", [], at)
        for name, (dialogue, service, version, ciphers) in DECRYPTED.items():
            if wanted(name):
                record_with_secrets(servers, name, dialogue, service, version, ciphers)
        for name, (played, mode) in RECORDED.items():
            if wanted(name):
                record_by_proxy(servers, name, played, mode)
    # The same packets in other containers.
    if wanted("smtp-pipelined"):
        convert("smtp-pipelined.pcap", "smtp-pipelined.pcapng", "editcap", "-F", "pcapng")
        plain = (CAPTURES / "smtp-pipelined.pcapng").read_bytes()
        (CAPTURES / "smtp-pipelined.pcapng.gz").write_bytes(gzip.compress(plain, mtime=0))
        _own(CAPTURES / "smtp-pipelined.pcapng.gz")
    if wanted("pop3-all-commands"):
        plain = (CAPTURES / "pop3-all-commands.pcap").read_bytes()
        (CAPTURES / "pop3-all-commands.pcap.gz").write_bytes(gzip.compress(plain, mtime=0))
        _own(CAPTURES / "pop3-all-commands.pcap.gz")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mailtap", default=".build/release/mailtap", help="what makes the proxy-*.mailtap")
    parser.add_argument("name", nargs="*")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        mailtap.EXECUTABLE, mailtap.HOME = str(Path(arguments.mailtap).resolve()), home
        main(arguments.name)
