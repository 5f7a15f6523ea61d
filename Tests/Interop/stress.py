#!/usr/bin/env python3
"""Loads the proxy with what takes minutes: crowds, slow disks, gigabytes, each with a bound on its memory.

    stress.py [--mailtap PATH] [SCENARIO...]

Prints one line for each check and, last, how many passed and failed; exits with 1 where one failed. Needs no mail
server; root for the disk that is full (a tmpfs) and the sandbox of the systemd unit, for which systemd-analyze and strace
must be there; 6 GB in the temporary directory.
"""

import argparse
import ssl
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import mailtap
import soak
from checks import Checks
from mailtap import Proxy
from scenarios import crowds, disks, load, service


class Bench:
    """A directory to work in."""

    def __init__(self, work):
        self.work = work


def large(checks, bench):
    """A message and a line of 2 GB."""
    load.memory(checks, bench, megabytes=2000, outputs=[["-q", "--record"]], address_space=crowds.ADDRESS_SPACE)


def large_tls(checks, bench, megabytes=500, most=120):
    """A large message under TLS on both legs."""
    context = soak.own_certificate(bench.work)[1]
    recording = bench.work / "tls.mailtap"
    with load.server(lambda connection: load.sink(context.wrap_socket(connection, server_side=True))) as port, Proxy(
            {"smtps": f"smtps://127.0.0.1:{port}"}, "-q", "--upstream-insecure", "--record", recording,
            preexec_fn=load.limited(crowds.ADDRESS_SPACE)) as proxy:
        client = ssl._create_unverified_context()
        said = load.talk(proxy.at["smtps"], load.message(megabytes), client.wrap_socket)
        checks.equal(f"a message of {megabytes} MB goes through", said, b"221 bye\r\n")
        used = load.peak(proxy.process)
        checks.holds(f"and takes less than {most} MiB", used < most, f"{used:.0f} MiB")
        print(f"        {used:.0f} MiB")
        checks.equal("it ends with 0", proxy.stop(), 0)
    listed = mailtap.run("list", recording, "--format", "json", timeout=300).json()
    checks.holds("the recording has all of it, decrypted",
                 listed[0]["bytes"]["client"] > megabytes * 0.98 * 10**6 and listed[0]["protocol"] == "smtp", listed)


ORDER = {
    "idle": crowds.idle,
    "storm": crowds.storm,
    "descriptors": load.descriptors,
    "drip": crowds.drip,
    "mute": crowds.mute,
    "slow-disk": disks.slow,
    "returning-disk": disks.returning,
    "maildrop": load.maildrop,
    "large": large,
    "large-tls": large_tls,
    "unit": service.unit,
    "sandbox": service.sandbox,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mailtap", default=".build/release/mailtap", help="the executable to check")
    parser.add_argument("scenario", nargs="*", help=f"only these: {', '.join(ORDER)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.scenario) - set(ORDER):
        sys.exit(f"no such scenario: {', '.join(sorted(unknown))}")
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="mailtap-stress-") as folder:
        work = Path(folder)
        mailtap.EXECUTABLE, mailtap.HOME = str(Path(arguments.mailtap).resolve()), str(work / "home")
        for name, scenario in ORDER.items():
            if not arguments.scenario or name in arguments.scenario:
                checks.scenario(name, lambda checks: scenario(checks, Bench(work)))
    sys.exit(checks.finish())


if __name__ == "__main__":
    main()
