"""`make bench` and `make bench-all`: print a table and the ratios, and write
benchmarks/results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import clicking, document, opening, own_process, sparse
from benchmarks.cases import Bench, as_json, run
from benchmarks.portal import Portal
from benchmarks.server import Server

RESULTS = Path(__file__).with_name("results.json")
# Processor seconds of the engine for a GB before each byte was copied and hashed once.
CPU_BEFORE = 5.17
# What must hold, and whether bigger or smaller is better.
BOUNDS = {
    "build_vs_best_raw": (1.35, "at most"),
    "build_5gb_vs_saved": (1.75, "at most"),
    "all_vs_sequential": (25, "at least"),
    "all_vs_sdk": (10, "at least"),
    "video_vs_sequential": (8, "at least"),
    "time_per_frame_100k_vs_1k": (1.2, "at most"),
    "cpu_s_per_gb": (CPU_BEFORE * 2 / 3, "at most"),
    "peak_mb": (250, "at most"),
    **sparse.BOUNDS,
    **clicking.BOUNDS,
    **opening.BOUNDS,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--all", action="store_true", help="the slow ways with all frames")
    options = parser.parse_args()
    started = time.monotonic()
    with Server() as server, Portal(server.url) as portal:
        bench = Bench(server, portal)
        ratios = run(bench, thorough=options.all)
        table = sparse.run(server, portal)
    ratios |= sparse.ratios(table)
    ratios |= own_process.run(clicking.__name__) | own_process.run(opening.__name__)
    for name, value in ratios.items():
        bound, direction = BOUNDS[name]
        sys.stdout.write(f"{name:28} {value:7.2f}   ({direction} {bound:.4g})\n")
    minutes = round((time.monotonic() - started) / 60, 1)
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    cells = [asdict(cell) for cell in table]
    results = {"ratios": ratios, "cases": as_json(bench.cases), "sparse": cells, "machine": machine}
    RESULTS.write_text(json.dumps(results | {"minutes": minutes}, indent=1) + "\n")
    document.update(ratios, BOUNDS, bench.cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
