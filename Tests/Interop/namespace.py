"""A network of its own for a check that redirects connections: loopback and nothing else, gone when it is over."""

import ctypes
import os
import shutil
import subprocess
import threading

CLONE_NEWNET = 0x40000000


class Unavailable(Exception):
    """The machine does not allow it, and why."""


def inside(work):
    """Runs `work()` in a new network namespace and returns what it returns.

    A thread has its namespace for itself; the threads and programs that it starts begin in it.
    """
    outcome = {}

    def run():
        try:
            _enter()
            outcome["value"] = work()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


def _enter():
    if not shutil.which("ip", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
        raise Unavailable("there is no ip program (iproute2)")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise Unavailable(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    command("ip", "link", "set", "lo", "up")


def command(*arguments, stdin=None):
    """Runs a program of the system's; raises `Unavailable` with its words where it fails."""
    try:
        done = subprocess.run(arguments, input=stdin, capture_output=True, text=True,
                              env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
    except OSError as error:
        raise Unavailable(f"{arguments[0]}: {error.strerror}")
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
