"""`make bench` and `make bench-all`: print a table and the ratios, and write
benchmarks/results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import opening, sparse
from benchmarks.cases import Bench, as_json, run
from benchmarks.portal import Portal
from benchmarks.server import Server

RESULTS = Path(__file__).with_name("results.json")
DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
# What must hold, and whether bigger or smaller is better.
BOUNDS = {
    "build_vs_best_raw": (1.35, "at most"),
    "all_vs_sequential": (25, "at least"),
    "all_vs_sdk": (10, "at least"),
    "video_vs_sequential": (8, "at least"),
    "time_per_frame_100k_vs_1k": (1.2, "at most"),
    "cpu_s_per_gb": (4.15, "at most"),
    "peak_mb": (250, "at most"),
    **sparse.BOUNDS,
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
    ratios |= opening.run()
    for name, value in ratios.items():
        bound, direction = BOUNDS[name]
        sys.stdout.write(f"{name:28} {value:7.2f}   ({direction} {bound})\n")
    minutes = round((time.monotonic() - started) / 60, 1)
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    cells = [asdict(cell) for cell in table]
    results = {"ratios": ratios, "cases": as_json(bench.cases), "sparse": cells, "machine": machine}
    RESULTS.write_text(json.dumps(results | {"minutes": minutes}, indent=1) + "\n")
    DOCUMENT.write_text(_with_numbers(DOCUMENT.read_text(encoding="utf-8"), ratios))
    return 0


def _with_numbers(document: str, ratios: dict[str, float]) -> str:
    """The document with these numbers in the rows of its tables that begin with their keys."""

    def row(match: re.Match[str]) -> str:
        key, old = match[2], match[4]
        digits = len(old.partition(".")[2])
        return f"{match[1]}{match[3]}{ratios[key]:.{digits}f}" if key in ratios else match[0]

    return re.sub(r"^(\| `(\w+)`)( \| [^|]+ \| )([\d.]+)(?= \|)", row, document, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
