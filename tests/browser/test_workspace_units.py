"""The workspace's modules that know no page, in Node; skipped where there is none, since the
browser tests go through them as well."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = sorted(Path(__file__).with_name("units").glob("*.test.mjs"))
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="no Node here")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_it_works(path: Path) -> None:
    done = subprocess.run(
        [str(NODE), "--test", str(path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout
