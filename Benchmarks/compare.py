#!/usr/bin/env python3
"""Prints the best times of a benchmark run, how often it asked for memory, and both against the baselines.

Usage: compare.py RUN.jmh.json [--update]

The ratio of times (to baseline.json) is corrected by the calibration benchmark, so that a baseline of one machine says
something on another: 1.00 is as fast as then, 0.50 twice as slow. Allocations (of allocations.json) need no such
correction.
"""
import json
import pathlib
import sys

BASELINE = pathlib.Path(__file__).with_name("baseline.json")
CALIBRATION = "calibration/count-octets-8MB"
ALLOCATIONS = pathlib.Path(__file__).with_name("allocations.json")
TIME, MALLOCS = "Time (wall clock)", "Mallocs"


def least(path, metric):
    """A metric by benchmark: the least of a run's iterations, which other work disturbs least."""
    figures = {}
    for entry in json.loads(pathlib.Path(path).read_text()):
        name = entry["benchmark"].split(".MailTapBenchmarks.", 1)[1]
        figures[name] = entry["secondaryMetrics"][metric]["scorePercentiles"]["0.0"]
    return figures


def compare_allocations(run, base):
    print(f"\n{'benchmark':40}{'mallocs':>12}  times as many as the baseline")
    for name in sorted(run):
        ratio = f"{run[name] / base[name]:.3f}" if base.get(name) else "new"
        print(f"{name:40}{run[name]:12.0f}  {ratio:>29}")


def main():
    run = least(sys.argv[1], TIME)
    mallocs = least(sys.argv[1], MALLOCS)
    if "--update" in sys.argv[2:]:
        for file, figures in ((BASELINE, run), (ALLOCATIONS, mallocs)):
            file.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
            print(f"{file.name} holds this run now")
        return
    base = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    machine = run[CALIBRATION] / base[CALIBRATION] if CALIBRATION in base else 1
    print(f"{'benchmark':40}{'best ms':>12}  times as fast as the baseline")
    for name in sorted(run):
        ratio = f"{base[name] * machine / run[name]:.2f}" if name in base else "new"
        print(f"{name:40}{run[name] / 1000:12.3f}  {ratio:>29}")
    for name in sorted(set(base) - set(run)):
        print(f"{name:40}{'missing':>12}")
    compare_allocations(mallocs, json.loads(ALLOCATIONS.read_text()) if ALLOCATIONS.exists() else {})


main()
