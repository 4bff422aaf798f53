"""`make demo`: the main job, from connecting to a ZIP that was compared byte by byte."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import BASE_DIR


@pytest.mark.worker
def test_it_works(tmp_path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
    }
    ran = subprocess.run(
        [sys.executable, "demo.py", "--keep", str(tmp_path)],
        check=False,
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=540,  # below that of all tests, so that its output is shown
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    (path,) = tmp_path.glob("Demo_*.zip")
    assert str(path) in ran.stdout
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 52
