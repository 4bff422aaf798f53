"""What cannot be read, or has no place in a format, is named or counted; the rest is delivered."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User

from selections.formats.shared import masks
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case
from tests.conftest import connect
from tests.selections.annotated_builds import CASES, objects_of
from tests.selections.builds import (
    built,
    manifest_of,
    only_path,
    path_of,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def test_what_is_refused_is_named_and_the_rest_is_delivered(alice: User, standin: StandIn) -> None:
    case = Case(CASES["overlap"])
    add_annotated_task(standin.world, case.folder)
    refused = case.jobs[0].id
    standin.faults.fail(f"/jobs/{refused}/annotations", status=403, body={"detail": "closed"})
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations="cvat_images")
    assert archive.status == "ready"
    about = manifest_of(archive)["annotations"]
    assert (about["format"], about["problems_count"]) == ("cvat_images", 1)
    assert about["problems"][0]["job_id"] == refused
    objects = list(objects_of(archive).values())
    assert objects[0] == []
    assert objects[9] != []
    assert archive.remarks["annotations"] == about


def test_a_bad_object_is_named_and_the_rest_is_delivered(alice: User, standin: StandIn) -> None:
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    shapes = standin.world.jobs[case.jobs[0].id].annotations["shapes"]
    bad = next(shape for shape in shapes if shape["frame"] == 0)
    bad["label_id"] = 9999
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [0]))
    archive = built(selection, annotations="cvat_images")
    (problem,) = manifest_of(archive)["annotations"]["problems"]
    assert (problem["frame"], problem["object_id"]) == (0, bad["id"])
    (objects,) = objects_of(archive).values()
    assert len(objects) == len(case.reference()[0]) - 1


@pytest.mark.parametrize("options", [{}, {"part_size": 10**9}], ids=["one file", "parts"])
@pytest.mark.parametrize("failing", ["of_mask", "broken_reason"])
@pytest.mark.parametrize("key", ["coco", "yolo_segmentation"])
def test_an_object_that_a_format_fails_on_is_named_and_the_rest_is_delivered(
    key: str,
    failing: str,
    options: dict[str, Any],
    alice: User,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a fault of a format would that is not known yet."""

    def fail(*args: Any) -> Any:
        raise OverflowError

    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    whole = manifest_of(built(selection, annotations=key))["annotations"]
    monkeypatch.setattr(masks, failing, fail)
    archive = built(selection, annotations=key, **options)
    assert (archive.status, archive.error) == ("ready", "")
    about = manifest_of(archive)["annotations"]
    count = sum(each["kind"] == "mask" for objects in case.objects().values() for each in objects)
    assert about["problems_count"] == len(about["problems"]) == count > 0
    assert about["objects_count"] == whole["objects_count"] - count
    assert all("cannot hold its numbers" in problem["reason"] for problem in about["problems"])


def test_what_a_format_has_no_place_for_is_counted(alice: User, standin: StandIn) -> None:
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [2, 3]))
    archive = built(selection, annotations="coco")
    about = manifest_of(archive)["annotations"]
    assert about["left_out"] == {
        "COCO has no place for points": 2,
        "COCO has no place for polylines": 2,
    }
    assert (about["objects_count"], about["problems_count"]) == (3, 0)
    with zipfile.ZipFile(only_path(archive)) as opened:
        document = json.loads(opened.read("instances_default.json"))
    lines = manifest_of(archive)["frames"]
    assert [image["file_name"] for image in document["images"]] == [line["path"] for line in lines]
    assert {each["image_id"] for each in document["annotations"]} == {2}


def test_objects_without_a_line_are_counted_and_not_as_objects(
    alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selections.models.ArchiveOptions.SMALLEST_PART", 1)
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    shapes = standin.world.jobs[case.jobs[0].id].annotations["shapes"]
    boxes = [each for each in shapes if each["type"] == "rectangle"]
    boxes[0]["points"], boxes[-1]["points"] = [-9, -9, -5, -5], [7, 7, 7, 20]
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    for part_size in (0, 40_000):
        archive = built(selection, annotations="yolo_detection", part_size=part_size)
        count = 0
        for part in archive.parts.all():
            with zipfile.ZipFile(path_of(part)) as opened:
                labels = [name for name in opened.namelist() if name.startswith("labels/")]
                count += sum(len(opened.read(name).splitlines()) for name in labels)
        about = archive.remarks["annotations"]
        assert about["left_out"]["no area in the picture"] == 2
        assert about["objects_count"] == count == len(boxes) - 2
