"""`make bench`: prints a table and the ratios, and writes benchmarks/results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from benchmarks.cases import Bench, as_json, run
from benchmarks.portal import Portal
from benchmarks.server import Server

RESULTS = Path(__file__).with_name("results.json")
# What must hold: the ratio, and whether bigger or smaller is better.
BOUNDS = {
    "all_vs_sequential": (25, "at least"),
    "all_vs_sdk": (10, "at least"),
    "all_vs_raw_chunks": (1.25, "at most"),
    "sparse_vs_best": (1.1, "at most"),
    "sparse_slow_line_vs_best": (1.1, "at most"),
    "video_vs_sequential": (8, "at least"),
    "time_per_frame_100k_vs_1k": (1.2, "at most"),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--quick", action="store_true", help="one turn each, nothing written")
    options = parser.parse_args()
    with Server() as server, Portal(server.url) as portal:
        bench = Bench(server, portal)
        ratios = run(bench, quick=options.quick)
    for name, value in ratios.items():
        bound, direction = BOUNDS[name]
        sys.stdout.write(f"{name:28} {value:7.2f}   ({direction} {bound})\n")
    peak = max(case.peak_mb for case in bench.cases)
    sys.stdout.write(f"peak memory of the worker    {peak:7.0f} MB   (below 250)\n")
    if not options.quick:
        machine = {"cores": os.cpu_count(), "python": platform.python_version()}
        results = {"ratios": ratios, "cases": as_json(bench.cases), "machine": machine}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
