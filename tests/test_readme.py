"""The curl examples of the README are run as they stand there."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer

from portal.models import ApiToken
from standin.server import StandIn

README = Path(__file__).resolve().parent.parent / "README.md"


@pytest.mark.worker
def test_it_works(
    worker: None, live_server: LiveServer, standin: StandIn, alice: User, tmp_path: Path
) -> None:
    section = README.read_text().split("## From a script")[1].split("\n## ")[0]
    (script,) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    _, token = ApiToken.objects.issue(owner=alice, name="README")
    for here, there in {
        "http://localhost:5020": live_server.url,
        "http://localhost:5021": standin.url,
        "cis_...": token,
    }.items():
        assert here in script
        script = script.replace(here, there)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    drawn = json.loads((tmp_path / "drawn.json").read_text())
    assert drawn["count"] == 50
    assert json.loads((tmp_path / "all.json").read_text())["count"] > 200
    with zipfile.ZipFile(tmp_path / "two.zip") as two:
        assert len(two.namelist()) == 3
        for frame in (0, 7):
            name = standin.world.filename(1, frame)
            assert two.read(name) == standin.world.original_bytes(1, frame)
    with zipfile.ZipFile(tmp_path / "images.zip") as images:
        assert len(images.namelist()) == 51
        assert images.testzip() is None
