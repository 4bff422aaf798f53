"""The curl examples and the filter of the README are sent as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from portal.models import ApiToken
from publishing.models import Upload
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect, eventually
from tests.publishing.test_tasks_of_files import picture

README = Path(__file__).resolve().parent.parent / "README.md"
Run = Callable[[str], None]


def script_below(heading: str) -> str:
    section = README.read_text().split(f"## {heading}\n")[1].split("\n##")[0]
    [script] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return str(script)


@pytest.fixture
def run(
    worker: None, live_server: LiveServer, standin: StandIn, alice: User, tmp_path: Path
) -> Run:
    """Runs a script in `tmp_path`, with the portal, the CVAT and a token of these tests."""
    _, token = ApiToken.objects.issue(owner=alice, name="README")
    # `python3` may be a shim that starts a dozen shells to find the real one.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def call(script: str) -> None:
        for here, there in {
            "http://localhost:5020": live_server.url,
            "http://localhost:5021": standin.url,
            "cis_...": token,
        }.items():
            script = script.replace(here, there)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return call


@pytest.mark.worker
def test_from_a_script(run: Run, standin: StandIn, tmp_path: Path) -> None:
    run(script_below("From a script"))
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


@pytest.mark.worker
def test_fifty_frames_with_a_pedestrian(
    run: Run, standin: StandIn, alice: User, tmp_path: Path
) -> None:
    connect(alice, standin)
    definitions = script_below("From a script").partition("# 1. ")[0]
    run(definitions + script_below("Fifty frames with a pedestrian"))
    with zipfile.ZipFile(tmp_path / "pedestrians.zip") as opened:
        assert opened.testzip() is None
        frames = json.loads(opened.read("manifest.json"))["frames"]
        datasets = {
            split: json.loads(opened.read(f"instances_{split}.json"))
            for split in ("train", "val", "test")
        }
    assert len(frames) == 50
    by_video = defaultdict(set)
    for frame in frames:
        by_video[frame.get("video") or frame["task_id"]].add(frame["split"])
    assert set(by_video) == {"dashcam_0412.mp4", 1, 7, 12, 13}
    assert {split for [split] in by_video.values()} == set(datasets)
    for split, dataset in datasets.items():
        images = {image["file_name"]: image["id"] for image in dataset["images"]}
        assert set(images) == {frame["path"] for frame in frames if frame["split"] == split}
        [pedestrian] = [row["id"] for row in dataset["categories"] if row["name"] == "pedestrian"]
        shown = {
            row["image_id"] for row in dataset["annotations"] if row["category_id"] == pedestrian
        }
        assert shown == set(images.values())


@pytest.mark.worker
def test_a_new_task_of_files(run: Run, standin: StandIn, alice: User, tmp_path: Path) -> None:
    """Of two pictures that are more than one piece."""
    connect(alice, standin)
    pictures = {"a/1.bmp": picture((1400, 1000), "bmp"), "b.png": picture()}
    assert len(pictures["a/1.bmp"]) > 4194304
    with zipfile.ZipFile(tmp_path / "day1.zip", "w") as packed:
        for name, content in {**pictures, ".DS_Store": b"junk"}.items():
            packed.writestr(name, content)
    definitions = script_below("From a script").partition("# 1. ")[0]
    run(definitions + script_below("A new task of files"))
    contents = json.loads((tmp_path / "contents.json").read_text())
    assert (contents["pictures_count"], contents["left_out_count"]) == (2, 1)
    [task] = [each for each in standin.world.tasks.values() if each.bug_tracker]
    assert task.media is not None
    assert [task.media.name(position) for position in task.order] == list(pictures)
    eventually(lambda: not Upload.objects.exists())  # the worker removes it after it is done


def test_the_filter_by_annotation_finds_frames_of_a_sample(
    api: APIClient, connection: Connection
) -> None:
    [written] = re.findall(r'`("annotation_filter": .*?)`', README.read_text())
    answer = api.post("/api/load-images", {"task_id": 1, **json.loads(f"{{{written}}}")})
    assert answer.json()["count"] > 0, answer.content
