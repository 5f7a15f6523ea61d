#!/usr/bin/env python3
"""Prints the best times of a benchmark run, and their ratios to baseline.json.

Usage: compare.py RUN.jmh.json [--update]

The ratio is corrected by the calibration benchmark, so that a baseline of one machine
says something on another: 1.00 is as fast as then, 0.50 twice as slow.
"""
import json
import pathlib
import sys

BASELINE = pathlib.Path(__file__).with_name("baseline.json")
CALIBRATION = "calibration/count-octets-8MB"
METRIC = "Time (wall clock)"


def best_times(path):
    """Microseconds by benchmark: the least of a run's iterations, which other work disturbs least."""
    figures = {}
    for entry in json.loads(pathlib.Path(path).read_text()):
        name = entry["benchmark"].split(".MailTapBenchmarks.", 1)[1]
        figures[name] = entry["secondaryMetrics"][METRIC]["scorePercentiles"]["0.0"]
    return figures


def main():
    run = best_times(sys.argv[1])
    if "--update" in sys.argv[2:]:
        BASELINE.write_text(json.dumps(run, indent=2, sort_keys=True) + "\n")
        print(f"{BASELINE.name} holds this run now")
        return
    base = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    machine = run[CALIBRATION] / base[CALIBRATION] if CALIBRATION in base else 1
    print(f"{'benchmark':40}{'best ms':>12}{'of baseline':>13}")
    for name in sorted(run):
        ratio = f"{base[name] * machine / run[name]:.2f}" if name in base else "new"
        print(f"{name:40}{run[name] / 1000:12.3f}{ratio:>13}")
    for name in sorted(set(base) - set(run)):
        print(f"{name:40}{'missing':>12}")


main()
