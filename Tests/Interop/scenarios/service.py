"""The systemd unit of the docs: what systemd says of it, and MailTap under what it takes away.

A machine on which systemd does not run can't start the unit. So its sandbox is built by hand, as far as it goes: a user
without privileges and capabilities, a file system that is read-only but for the state directory, no memory that is
writable and executable (PR_SET_MDWE), no netlink sockets (seccomp); and each system call that MailTap makes must be one
that the unit allows.
"""

import ctypes
import errno
import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import mailtap
import soak
from scenarios.load import server, sink

UNIT = Path(__file__).resolve().parents[3] / "docs" / "mailtap.service"
NOBODY = 65534
PR_SET_MDWE = 65


def unit(checks, bench):
    """systemd reads the unit without a complaint, and finds it well confined."""
    copy = bench.work / "mailtap.service"
    copy.write_text(UNIT.read_text().replace("/usr/local/bin/mailtap", mailtap.EXECUTABLE))
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True)
    checks.holds("systemd-analyze verify has nothing to say", verified.returncode == 0 and not verified.stderr,
                 verified.stderr)
    exposure = subprocess.run(["systemd-analyze", "security", "--offline=true", copy], capture_output=True, text=True)
    level = re.search(r"Overall exposure level.*: ([\d.]+)", exposure.stdout)
    checks.holds("its exposure is below 2 of 10", level and float(level[1]) < 2, exposure.stdout[-500:] + exposure.stderr)


def sandbox(checks, bench):
    """A session in clear and one under TLS, rotation, a key log, metrics and SIGHUP, in that sandbox."""
    state, trace = bench.work / "state", bench.work / "trace"
    state.mkdir()
    os.chown(state, NOBODY, NOBODY)
    os.chmod(bench.work, 0o755)
    context = soak.own_certificate(bench.work)[1]
    command = [mailtap.EXECUTABLE, "proxy", "-q", "--upstream-insecure", "--record", state / "tap.mailtap", "--rotate", "1h",
               "--keep", "7d", "--metrics", "0", "--keylog", state / "keys"]
    with server(sink) as clear, server(lambda c: sink(context.wrap_socket(c, server_side=True))) as secure:
        routes = [f"0=smtp://localhost:{clear}", f"0=smtps://localhost:{secure}"]
        words = " ".join(shlex.quote(str(word)) for word in command + routes)
        script = (f"mount --bind {state} {state} && mount -t tmpfs tmpfs /dev/shm && mount -o remount,bind,ro / && "
                  f"exec strace -f -qq -o {trace} -e trace=all -y setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "
                  f"--bounding-set -all --inh-caps -all --no-new-privs {words}")
        # strace writes beside the state, so that has to be a mount of its own too.
        script = f"mount --bind {bench.work} {bench.work} && " + script
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", script], stderr=subprocess.PIPE, preexec_fn=_confine,
            env=dict(mailtap.environment(), MAILTAP_HOME=str(state)), text=True)
        lines = [process.stderr.readline() for _ in range(3)]
        if not checks.holds("it starts", all(lines[:2]) and "listening" in lines[1] + lines[2], lines):
            process.kill()
            return
        ports = [int(re.search(r":(\d+) ->", line)[1]) for line in lines if line.startswith("listening")]

        def sessions():
            for port, wrap in zip(ports, (lambda c: c, ssl._create_unverified_context().wrap_socket)):
                with wrap(socket.create_connection(("127.0.0.1", port), timeout=20)) as client:
                    client.recv(100)
                    client.sendall(b"QUIT\r\n")
                    checks.equal("a session goes through", client.recv(100), b"221 bye\r\n")

        sessions()
        time.sleep(0.5)
        (state / "keys").rename(state / "keys.old")
        tap = next(int(pid) for pid in _tree(process.pid) if _executable(pid) == os.path.realpath(mailtap.EXECUTABLE))
        os.kill(tap, signal.SIGHUP)
        time.sleep(0.5)
        sessions()
        os.kill(tap, signal.SIGTERM)
        checks.equal("it ends with 0", process.wait(20), 0)
    checks.equal("SIGHUP began a second recording", len(list(state.glob("tap-*.mailtap"))), 2)
    for name in ("keys.old", "keys"):
        checks.holds(f"{name} has secrets", "CLIENT_" in (state / name).read_text())
    listed = mailtap.run("list", *state.glob("tap-*.mailtap"), "--format", "json").json()
    checks.equal("all sessions are in the recordings", [s["ending"] for s in listed], ["quit"] * 4)
    used = _calls(trace)
    checks.none("every system call is one that the unit allows", sorted(used - _allowed()))
    checks.holds("the resolver asked for a netlink socket in vain", "AF_NETLINK" in _text(trace))
    checks.none("every socket that there was is of a family that it allows", sorted(_families(trace) - {"AF_INET", "AF_INET6", "AF_UNIX"}))


class _Argument(ctypes.Structure):
    """libseccomp's `struct scmp_arg_cmp`."""

    _fields_ = [("number", ctypes.c_uint), ("comparison", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def _confine():
    """What is inherited by everything that is run from here on."""
    if ctypes.CDLL(None).prctl(PR_SET_MDWE, 1, 0, 0, 0) != 0:
        raise OSError("PR_SET_MDWE is refused; it needs Linux 6.3")
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    allow, fail, equal = 0x7FFF0000, 0x00050000 | errno.EAFNOSUPPORT, 4
    rules = ctypes.c_void_p(seccomp.seccomp_init(allow))
    netlink = _Argument(0, equal, socket.AF_NETLINK, 0)
    if seccomp.seccomp_rule_add_array(rules, fail, seccomp.seccomp_syscall_resolve_name(b"socket"), 1,
                                      ctypes.byref(netlink)) or seccomp.seccomp_load(rules):
        raise OSError("seccomp refuses the filter")


def _tree(pid):
    """A process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [one for child in children for one in _tree(child)]


def _executable(pid):
    try:
        return os.path.realpath(f"/proc/{pid}/exe")
    except OSError:
        return None


def _text(trace):
    """The trace from where MailTap itself begins."""
    text = trace.read_text(errors="replace")
    return text[text.index(f'execve("{mailtap.EXECUTABLE}"'):]


def _calls(trace):
    return set(re.findall(r"^\d+ +(\w+)\(", _text(trace), re.MULTILINE))


def _families(trace):
    return set(re.findall(r"\bsocket\((AF_\w+).*= \d", _text(trace)))


def _allowed():
    """The calls of @system-service without those of @privileged."""
    return _group("@system-service") - _group("@privileged")


def _group(name):
    calls = set()
    lines = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    for word in re.findall(r"^\s+(@?[\w-]+)$", lines, re.MULTILINE):
        calls |= _group(word) if word.startswith("@") else {word}
    return calls
