"""Benchmarks that run in a process of their own, because Django reads its settings once."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path


def run(module: str) -> dict[str, float]:
    """The figures of a module that ends with `main`, by their keys."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "figures.json"
        subprocess.run([sys.executable, "-m", module, "--output", str(output)], check=True)
        figures: dict[str, float] = json.loads(output.read_text())
    return figures


def main(measure: Callable[[], dict[str, float]], bounds: Mapping[str, tuple[float, str]]) -> int:
    """Print the figures of `measure` with their bounds, and write them where `--output` says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=Path, help="where the figures go")
    options = parser.parse_args()
    figures = measure()
    for name, value in figures.items():
        bound, direction = bounds[name]
        sys.stdout.write(f"{name:28} {value:7.2f}   ({direction} {bound})\n")
    if options.output:
        options.output.write_text(json.dumps(figures))
    return 0
