"""The same pictures and objects give the same files, byte for byte, in every format, whatever the
order of sets is in a process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from selections.formats import FORMATS
from tests.selections.format_files import of_case

CASES = ("shapes", "skeletons", "attributes_tags")


def digests() -> dict[str, Any]:
    """For each format and recorded task, the path and digest of each file in their order, and the
    reasons of the objects that are in none."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for key in FORMATS:
            for name in CASES:
                written = of_case(key, name, Path(folder))
                files = [
                    [path, hashlib.sha256(content).hexdigest()]
                    for path, content in written.files.items()
                ]
                found[f"{key} of {name}"] = [files, written.left_out]
    return found


def test_every_process_writes_the_same_files() -> None:
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE,
    ) as other:
        here = digests()
        output, _ = other.communicate()
    there = json.loads(output)
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []


if __name__ == "__main__":
    json.dump(digests(), sys.stdout)
