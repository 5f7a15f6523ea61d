"""Recordings on disks that are slow, that are full, and that have room again."""

import contextlib
import subprocess
import time

import mailtap
from mailtap import Proxy
from scenarios.load import limited, message, peak, server, sink, talk

# Stands between the proxy and the C library: each write to a regular file takes its time, as a slow disk's does.
SLOW_DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
ssize_t write(int fd, const void *octets, size_t count) {
    static ssize_t (*next)(int, const void *, size_t);
    if (!next) next = dlsym(RTLD_NEXT, "write");
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        long nanoseconds = count * 50L; /* 20 MB/s */
        struct timespec pause = {nanoseconds / 1000000000, nanoseconds % 1000000000};
        nanosleep(&pause, 0);
    }
    return next(fd, octets, count);
}
"""


def slow(checks, bench, megabytes=300, most=120):
    """A disk of 20 MB a second: the session waits for it, nothing is lost, and memory stays bounded."""
    source, library = bench.work / "slow.c", bench.work / "slow.so"
    source.write_text(SLOW_DISK)
    compiled = subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], capture_output=True)
    if not checks.holds("the slow disk is made", compiled.returncode == 0, compiled.stderr.decode()):
        return
    recording = bench.work / "slow.mailtap"
    environment = dict(mailtap.environment(), LD_PRELOAD=str(library))
    with server(sink) as port, Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, "-q", "--record", recording, "--metrics", "0",
                                     preexec_fn=limited(1024), env=environment) as proxy:
        started = time.monotonic()
        checks.equal("a message goes through", talk(proxy.at["smtp"], message(megabytes)), b"221 bye\r\n")
        seconds = time.monotonic() - started
        # 8 MiB may wait in the proxy, and what is on its way between the two peers.
        checks.holds("no faster than the disk takes it", seconds > megabytes / 20 * 0.8, f"{seconds:.1f} s")
        used = peak(proxy.process)
        checks.holds(f"and takes less than {most} MiB", used < most, f"{used:.0f} MiB")
        print(f"        {seconds:.1f} s, {used:.0f} MiB")
        checks.equal("it ends with 0", proxy.stop(seconds=60), 0)
    session = mailtap.analyze(recording)[0]
    checks.holds("the recording has all of it", session["bytes"]["client"] > megabytes * 0.98 * 10**6
                 and session["messages"][0]["complete"], session["bytes"])


def returning(checks, bench):
    """A disk that is full and has room again (16 MiB): recording goes on with the sessions that begin from then on."""
    mount = bench.work / "returning"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(mount)], capture_output=True).returncode:
        checks.fail("a tmpfs can be mounted", "run this as root")
        return
    try:
        ballast, recording = mount / "ballast", mount / "tap.mailtap"
        with server(sink) as port, Proxy({"smtp": f"smtp://127.0.0.1:{port}"}, "-q", "--record", recording) as proxy:
            def mail():
                return talk(proxy.at["smtp"], message(1))
            checks.equal("with room, mail goes through", mail(), b"221 bye\r\n")
            proxy.wait(lambda: recording.stat().st_size > 10**6)
            with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
                while file.write(b"x" * 4096):
                    pass
            checks.equal("with the disk full, too", [mail() for _ in range(3)], [b"221 bye\r\n"] * 3)
            checks.holds("it is said", proxy.wait(lambda: "No space left" in proxy.error_text), proxy.error_text)
            ballast.unlink()
            checks.holds("with room again, recording goes on, and that is said",
                         proxy.wait(lambda: "goes on" in proxy.error_text, 15), proxy.error_text)
            checks.equal("mail goes through as before", mail(), b"221 bye\r\n")
            checks.equal("asked to end, it says with 74 that a part is missing", proxy.stop(), 74)
        result = mailtap.run("analyze", recording, "--format", "json")
        checks.equal("the recording is no damaged one", result.status, 0)
        whole = [s for s in result.json() if s["messages"] and s["messages"][0]["complete"] and s["ending"] == "quit"]
        checks.holds("the first and the last session are whole in it", len(whole) >= 2 and whole[0]["session"] == 1
                     and whole[-1]["session"] == result.json()[-1]["session"], [(s["session"], s["ending"]) for s in
                                                                              result.json()])
    finally:
        subprocess.run(["umount", str(mount)], check=True)
