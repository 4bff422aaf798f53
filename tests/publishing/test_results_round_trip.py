"""The whole round: select, publish, annotate in the new task, compare, export the results as COCO,
write them back, export what the tasks have then.
The picture that was frame k has a box at x = 10 * k, and gets it on frame k again."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rest_framework.test import APIClient

from cvat import client as cvat_client
from publishing.models import Publication
from publishing.services import making_tasks
from selections.models import Archive
from selections.tasks import build_archive
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.publishing.making import add_box, carried_out, request_task
from tests.selections.builds import built, manifest_of, only_path, select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")

SIZE = (200, 40)


@pytest.fixture(autouse=True)
def quick(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files below the folder of the test, no worker, no long waits."""
    settings.SPOOL_DIR = tmp_path / "spool"
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "default": files | {"OPTIONS": {"location": tmp_path / "archives"}}
    }
    monkeypatch.setattr(build_archive, "delay", lambda _: None)
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)


def picture(grey: int) -> bytes:
    pixels = io.BytesIO()
    Image.new("L", SIZE, grey).save(pixels, "PNG")
    return pixels.getvalue()


def places_and_lefts(archive: Archive) -> dict[tuple[int, int], float]:
    """The left side of the only box of each (task, frame)."""
    with zipfile.ZipFile(only_path(archive)) as file:
        document = json.loads(file.read("instances_default.json"))
    lines = {line["path"]: line for line in manifest_of(archive)["frames"]}
    images = {image["id"]: lines[image["file_name"]] for image in document["images"]}
    boxes = [(images[each["image_id"]], each["bbox"][0]) for each in document["annotations"]]
    lefts = {(line["task_id"], line["frame"]): left for line, left in boxes}
    assert len(lefts) == len(boxes)
    return lefts


@pytest.fixture
def tasks(standin: StandIn) -> list[Task]:
    """Overlapping jobs; every third picture from the fifth on; equal base names in two folders; a
    video."""
    names = [f"{folder}/{name}.png" for folder in "gf" for name in "ab"]
    folders = {name: picture(20 * number) for number, name in enumerate(names)}
    options: list[dict[str, Any]] = [
        {"count": 12, "segment_size": 5, "overlap": 2},
        {"count": 30, "start_frame": 5, "step": 3, "segment_size": 4},
        {"images": folders, "segment_size": 2},
        {"count": 12, "video": True, "video_name": "drive.mp4", "segment_size": 6},
    ]
    return [
        standin.world.add_task(f"Source {number}", owner="demo", **{"size": SIZE, **each})
        for number, each in enumerate(options)
    ]


def test_each_box_comes_back_on_its_frame(
    api: APIClient, connection: Connection, tasks: list[Task], standin: StandIn
) -> None:
    chosen = [[11, 3, 4, 0], [6, 1], [3, 0, 2], [7, 2, 11]]  # in an odd order
    wanted = {
        (task.id, frame) for task, frames in zip(tasks, chosen, strict=True) for frame in frames
    }
    places = [(task.id, frames) for task, frames in zip(tasks, chosen, strict=True)]
    selection = select(connection, *reversed(places))
    source = carried_out(request_task(selection, frames_per_job=5))
    assert (source.status, source.error) == ("ready", "")
    new_task = standin.world.tasks[source.result_task_id]
    for place in source.published_frames.all():
        add_box(new_task, place.new_frame, 10 * place.frame)

    compared = api.get(f"/api/publications/{source.pk}/results").json()
    assert compared["frames_count"] == len(wanted)
    assert [(row["label"], row["new"]) for row in compared["labels"]] == [("car", len(wanted))]
    assert {(each["task_id"], each["frame"]) for each in compared["differing"]} == wanted

    exported = built(selection, annotations="coco", annotations_from=source.pk)
    assert places_and_lefts(exported) == {place: 10 * place[1] for place in wanted}

    body = {"place": "replace", "fingerprint": compared["fingerprint"]}
    asked = api.post(f"/api/publications/{source.pk}/write-back", body)
    assert asked.status_code == 202, asked.content
    written = carried_out(Publication.objects.get(pk=asked.json()["id"]))
    assert (written.status, written.error) == ("ready", "")
    boxes = [
        (task.id, shape["frame"], shape["points"][0])
        for task in tasks
        for job in task.jobs
        for shape in (job.annotations or {"shapes": []})["shapes"]
    ]
    assert sorted(boxes) == sorted((task_id, frame, 10 * frame) for task_id, frame in wanted)

    archive = built(selection, annotations="coco")
    assert (archive.status, archive.error) == ("ready", "")
    assert places_and_lefts(archive) == {place: 10 * place[1] for place in wanted}
