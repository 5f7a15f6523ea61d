#!/usr/bin/env python3
"""Checks MailTap against a real Postfix and a real Dovecot, spoken to by real clients.

    run.py [--mailtap PATH] [--keep] [SCENARIO...]

Prints one line for each check and, last, how many passed and failed; exits with 1 where one failed. Needs root.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import mailtap
from checks import Checks
from scenarios import ORDER
from servers import Servers


class Bench:
    """What the scenarios share: the servers, a directory to work in, and what earlier scenarios left."""

    def __init__(self, servers, work):
        self.servers, self.work = servers, work


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mailtap", default=".build/release/mailtap", help="the executable to check")
    parser.add_argument("--keep", action="store_true", help="keep the directory with recordings and outputs")
    parser.add_argument("scenario", nargs="*", help=f"only these: {', '.join(name for name, _, _ in ORDER)}")
    arguments = parser.parse_args()
    executable = Path(arguments.mailtap).resolve()
    if not os.access(executable, os.X_OK):
        sys.exit(f"{executable} is not there; `swift build -c release` makes it")
    unknown = set(arguments.scenario) - {name for name, _, _ in ORDER}
    if unknown:
        sys.exit(f"no such scenario: {', '.join(sorted(unknown))}")

    wanted = set(arguments.scenario)
    for name, _, needs in reversed(ORDER):
        if name in wanted:
            wanted.update(needs)

    work = Path(tempfile.mkdtemp(prefix="mailtap-work-"))
    mailtap.EXECUTABLE, mailtap.HOME = str(executable), str(work / "home")
    checks = Checks()
    try:
        with Servers() as servers:
            bench = Bench(servers, work)
            for name, scenario, _ in ORDER:
                if not wanted or name in wanted:
                    checks.scenario(name, lambda checks: scenario(checks, bench))
    finally:
        if arguments.keep:
            print(f"kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
