"""The runner: one line for each check, a sum at the end."""

import sys
import time
import traceback


class Checks:
    """Counts what holds and what does not. A check that fails does not end its scenario."""

    def __init__(self, verbose=False):
        self.passed = self.failed = 0
        self.verbose = verbose
        self._scenario = ""

    def scenario(self, name, run):
        """Runs a scenario; one that raises has failed a check, and the next one runs all the same."""
        self._scenario = name
        started = time.monotonic()
        print(f"# {name}", flush=True)
        try:
            run(self)
        except Exception as error:
            self.fail("ran to its end", "".join(traceback.format_exception(error)).rstrip())
        print(f"  ({time.monotonic() - started:.1f} s)", flush=True)

    def holds(self, name, condition, detail=""):
        """Whether `condition` is true; `detail` is shown where it is not."""
        if condition:
            self.passed += 1
            print(f"  ok    {name}", flush=True)
        else:
            self.fail(name, detail)
        return bool(condition)

    def equal(self, name, got, wanted):
        return self.holds(name, got == wanted, f"got    {_short(got)}\nwanted {_short(wanted)}")

    def none(self, name, differences):
        """Whether a list of differences is empty."""
        return self.holds(name, not differences, "\n".join(str(d) for d in differences[:12]))

    def fail(self, name, detail=""):
        self.failed += 1
        print(f"  FAIL  {name}", flush=True)
        for line in str(detail).splitlines():
            print(f"        {line}", flush=True)

    def finish(self):
        """Prints the sum and returns the exit status."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.stdout.flush()
        return 1 if self.failed or not self.passed else 0


def _short(value, limit=1500):
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
