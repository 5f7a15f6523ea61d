"""MailTap as its users run it: the executable, its arguments, its output."""

import json
import os
import re
import signal
import subprocess
import threading
import time

EXECUTABLE = None  # set by run.py


def environment(**more):
    # Its own home, so that a run neither reads nor changes the user's files.
    return dict(os.environ, MAILTAP_HOME=HOME, NO_COLOR="1", **more)


HOME = None  # set by run.py


class Result:
    """What a command printed and its exit status."""

    def __init__(self, arguments, status, out, err):
        self.arguments, self.status, self.out, self.err = arguments, status, out, err

    @property
    def text(self):
        return self.out.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return (f"mailtap {' '.join(self.arguments)}\nexit status {self.status}\n"
                f"standard error: {self.err.decode('utf-8', 'replace')[-1500:]}\n"
                f"standard output: {self.text[:800]}")


def run(*arguments, stdin=None, timeout=60, executable=None, **more):
    """Runs one command to its end."""
    arguments = [str(a) for a in arguments]
    done = subprocess.run([executable or EXECUTABLE, *arguments], input=stdin if stdin is not None else b"",
                          capture_output=True, timeout=timeout, env=environment(**more))
    return Result(arguments, done.returncode, done.stdout, done.stderr)


def analyze(*arguments, **more):
    """The sessions of `mailtap analyze ... --format json`; raises where it does not exit with 0."""
    result = run("analyze", *arguments, "--format", "json", **more)
    if result.status != 0:
        raise RuntimeError(repr(result))
    return result.json()


class Proxy:
    """A running `mailtap proxy`. `routes` maps a name to a URL; `at` maps it to the (host, port) to connect to.

    `bare`: routes are LISTEN alone.
    """

    def __init__(self, routes, *options, listen="0", bare=False, **popen):
        self.routes, self.listen, self.bare = routes, listen, bare
        self.options = [str(o) for o in options]
        self.at, self.out, self.err = {}, [], []
        self._popen = popen

    def __enter__(self):
        arguments = [self.listen if self.bare else f"{self.listen}={url}" for url in self.routes.values()]
        arguments += self.options
        self.process = subprocess.Popen([EXECUTABLE, "proxy", *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        **{"env": environment(), **self._popen})
        self._readers = [threading.Thread(target=_collect, args=pair, daemon=True)
                         for pair in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for reader in self._readers:
            reader.start()
        self.listening = []
        if not self.wait(lambda: self._listening() or self.process.poll() is not None, 20) or not self.listening:
            self.kill()
            raise RuntimeError(f"the proxy does not listen; it was {arguments}, and said: {self.error_text}")
        for name, line in zip(self.routes, self.listening):
            host, port = re.match(r"listening \[?(.*?)\]?:(\d+) -> ", line).groups()
            self.at[name] = (host, int(port))
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

    def _listening(self):
        self.listening = [line for line in self.error_text.splitlines() if line.startswith("listening ")]
        return len(self.listening) >= len(self.routes)

    @property
    def error_text(self):
        return b"".join(self.err).decode("utf-8", "replace")

    @property
    def text(self):
        return b"".join(self.out).decode("utf-8", "replace")

    def sessions(self):
        """The sessions printed so far (`--format ndjson`)."""
        return [json.loads(line) for line in b"".join(self.out).splitlines(keepends=True) if line.endswith(b"\n")]

    def wait_sessions(self, count, seconds=60):
        self.wait(lambda: b"".join(self.out).count(b"\n") >= count, seconds)
        return self.sessions()

    def wait(self, condition, seconds=10):
        """Waits for `condition()`; false where it stays false."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def stop(self, sign=signal.SIGTERM, seconds=20):
        """Asks it to end and returns its exit status; None where it did not within `seconds` and had to be killed."""
        self.process.send_signal(sign)
        return self.ended(seconds)

    def ended(self, seconds=20):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        for reader in self._readers:
            reader.join(5)
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(5)


def _collect(stream, chunks):
    while chunk := stream.read1(65536):
        chunks.append(chunk)
