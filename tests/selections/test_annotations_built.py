"""The ZIP of a selection has the annotations of just its frames."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from cvat.types import Job
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import ALL, Case, differences, images
from tests.conftest import connect
from tests.selections.annotated_builds import CASES, XML, objects_of
from tests.selections.builds import (
    built,
    manifest_of,
    only_path,
    path_of,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


@pytest.mark.parametrize("folder", ALL, ids=lambda path: path.name)
def test_objects_of_chosen_frames_are_those_of_cvats_export(
    folder: Path, alice: User, standin: StandIn
) -> None:
    case = Case(folder)
    add_annotated_task(standin.world, folder)
    chosen = case.frames[1::2] or case.frames
    selection = select(connect(alice, standin, "alice"), (case.task["id"], chosen))
    archive = built(selection, annotations="cvat_images")
    assert (archive.status, archive.error) == ("ready", "")
    lines = manifest_of(archive)["frames"]
    objects = objects_of(archive)
    expected = case.objects()
    assert [line["frame"] for line in lines] == chosen
    for line in lines:
        ours, theirs = differences(objects[line["path"]], expected[line["frame"]])
        assert (ours, theirs) == ([], [])
    count = sum(len(each) for each in objects.values())
    assert archive.remarks["annotations"]["objects_count"] == count


def test_the_xml_names_the_picture_as_the_zip_does_and_cvat_by_its_numbers(
    alice: User, standin: StandIn
) -> None:
    case = Case(CASES["start_step"])
    add_annotated_task(standin.world, case.folder)
    archive = built(
        select(connect(alice, standin, "alice"), (case.task["id"], [1, 3])),
        annotations="cvat_images",
        task_folders=True,
    )
    with zipfile.ZipFile(only_path(archive)) as opened:
        name = next(each for each in opened.namelist() if each.endswith(".xml"))
        seen = [image for image, _ in images(opened.read(name))]
        paths = opened.namelist()[:2]
    assert name == f"annotations_selection_{archive.selection_id}.xml"
    reference = {image.get("id"): image for image, _ in images(case.xml())}
    for image, frame, path in zip(seen, [1, 3], paths, strict=True):
        theirs = reference[str(case.source_number(frame))]
        assert image.get("name") == path == f"task_{case.task['id']}/{theirs.get('name')}"
        assert [image.get(key) for key in ("id", "width", "height")] == [
            theirs.get(key) for key in ("id", "width", "height")
        ]


def test_without_annotations_the_zip_is_as_before(alice: User, standin: StandIn) -> None:
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    archive = built(select(connect(alice, standin, "alice"), (case.task["id"], None)))
    assert not {"files", "annotations"} & manifest_of(archive).keys()
    assert "annotations" not in archive.remarks
    assert standin.requests.matching("/annotations$") == []


def test_each_part_has_the_annotations_of_its_pictures(
    alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selections.models.ArchiveOptions.SMALLEST_PART", 1)
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations="cvat_images", part_size=40_000)
    parts = list(archive.parts.all())
    assert len(parts) > 1
    seen: dict[str, Any] = {}
    for part in parts:
        assert part.size <= 40_000
        with zipfile.ZipFile(path_of(part)) as opened:
            *paths, xml, manifest = opened.namelist()
            assert xml == f"annotations_part{part.number}.xml"
            objects = images(opened.read(xml))
            about = json.loads(opened.read(manifest))
        assert [image.get("name") for image, _ in objects] == paths
        assert [file["path"] for file in about["files"]] == [xml]
        seen |= {image.get("name", ""): each for image, each in objects}
    names = [frame.name for frame in case.meta.frames]
    reference = dict(zip(names, case.reference().values(), strict=True))
    assert {name: differences(seen[name], reference[name]) for name in seen} == {
        name: ([], []) for name in reference
    }


def test_several_tasks_are_one_file_with_ids_of_its_own(alice: User, standin: StandIn) -> None:
    cases = [Case(CASES[name]) for name in ("names_clash", "skeletons")]
    for case in cases:
        add_annotated_task(standin.world, case.folder)
    wanted = [(case.task["id"], [0, 2]) for case in cases]
    archive = built(select(connect(alice, standin, "alice"), *wanted), annotations="cvat_images")
    with zipfile.ZipFile(only_path(archive)) as opened:
        seen = [image for image, _ in images(opened.read(XML))]
        text = opened.read(XML).decode()
    assert [image.get("id") for image in seen] == ["0", "1", "2", "3"]
    assert sorted({image.get("task_id") for image in seen}) == sorted(
        str(case.task["id"]) for case in cases
    )
    for case in cases:
        for label in case.labels:
            assert text.count(f"<name>{label.name}</name>") == 1


def test_pictures_stand_where_the_format_expects_them_each_with_its_own_labels(
    alice: User, standin: StandIn
) -> None:
    case = Case(CASES["names_clash"])  # pictures of one name and two extensions
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations="yolo_detection")
    assert archive.status == "ready"
    with zipfile.ZipFile(only_path(archive)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    lines = manifest_of(archive)["frames"]
    listed = files["train.txt"].decode().splitlines()
    assert listed == [f"./{line['path']}" for line in lines]
    stems = [line["path"].rpartition(".")[0] for line in lines]
    assert len(set(stems)) == len(stems)
    reference = case.reference()
    for line, stem in zip(lines, stems, strict=True):
        assert line["path"].startswith("images/train/")
        assert files[line["path"]] == (case.folder / "images" / line["filename"]).read_bytes()
        boxes = [each for each in reference[line["frame"]] if each["kind"] == "rectangle"]
        labels = files.get(f"labels/{stem.removeprefix('images/')}.txt", b"").splitlines()
        assert len(labels) == len(boxes)
        first = min(boxes, key=lambda each: each["points"])["points"]
        middles = [float(label.split()[1]) * line["width"] for label in labels]
        assert any(abs(x - (first[0] + first[2]) / 2) < 0.01 for x in middles)


def test_readers_find_the_labels_of_pictures_in_a_folder_of_their_own(
    alice: User, standin: StandIn, tmp_path: Path
) -> None:
    folder = tmp_path / "task"
    shutil.copytree(CASES["names_clash"] / "images", folder / "images")
    shutil.copytree(CASES["names_clash"] / "images/s", folder / "images/images/s")
    for file in CASES["names_clash"].glob("*.json"):
        text = file.read_text(encoding="utf-8")
        (folder / file.name).write_text(text.replace('"name":"s/', '"name":"images/s/'))
    case = Case(folder)
    assert case.meta.frames[1].name.startswith("images/")
    add_annotated_task(standin.world, folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations="yolo_detection")
    with zipfile.ZipFile(only_path(archive)) as opened:
        names = opened.namelist()
    pictures = [f"/{line['path']}" for line in manifest_of(archive)["frames"]]
    # As readers do it.
    wanted = ["/labels/".join(each.rsplit("/images/", 1)).rsplit(".", 1)[0] for each in pictures]
    labels = [name for name in names if name.endswith(".txt") and name != "train.txt"]
    assert labels
    assert {f"/{name}" for name in labels} <= {f"{stem}.txt" for stem in wanted}


def test_deleted_frames_have_no_objects(alice: User, standin: StandIn) -> None:
    case = Case(CASES["shapes"])
    task = add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [0, 1]))
    task.deleted = [0]
    archive = built(selection, annotations="cvat_images")
    first, second = objects_of(archive).values()
    assert (first, second != []) == ([], True)


def test_keyframes_on_deleted_frames_of_another_job_play_no_part(
    alice: User, standin: StandIn
) -> None:
    case = Case(CASES["overlap"])
    task = add_annotated_task(standin.world, case.folder)
    label = next(label for label in case.labels if not label.sublabels)
    places = {4: [1, 1, 9, 9], 6: [50, 50, 60, 60], 8: [1, 1, 9, 9]}
    keyframes = [
        {"type": "rectangle", "frame": frame, "points": points} for frame, points in places.items()
    ]
    track = {"id": 77, "frame": 4, "label_id": label.id, "shapes": keyframes}
    standin.world.jobs[case.jobs[1].id].annotations["tracks"] = [track]
    task.deleted = [6]
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [5]))
    assert {frame.job_id for frame in selection.frames.all()} == {case.jobs[0].id}
    (objects,) = objects_of(built(selection, annotations="cvat_images")).values()
    assert [1, 1, 9, 9] in [each["points"] for each in objects]


def test_an_assignee_gets_the_annotations_of_the_own_job_alone(bob: User, standin: StandIn) -> None:
    case = Case(CASES["overlap"])
    add_annotated_task(standin.world, case.folder)
    own = case.jobs[1]
    standin.world.jobs[own.id].assignee = standin.world.user("bob")
    selection = select(connect(bob, standin, "bob"), (case.task["id"], None))
    objects = objects_of(built(selection, annotations="cvat_images"))
    expected = case.objects([own])
    for seen, frame in zip(objects.values(), own_frames(own), strict=True):
        assert differences(seen, expected[frame]) == ([], [])
    asked = {seen.path for seen in standin.requests.matching("/annotations$")}
    assert asked == {f"/api/jobs/{own.id}/annotations"}


def own_frames(job: Job) -> range:
    return range(job.start_frame, job.stop_frame + 1)


def test_what_the_fetching_asks_of_a_task_is_not_asked_again(alice: User, standin: StandIn) -> None:
    case = Case(CASES["overlap"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    counts: list[tuple[int, ...]] = []
    for options in ({}, {"annotations": "cvat_images"}):
        standin.requests.clear()
        assert built(selection, **options).status == "ready"
        asked = ("data/meta", r"/api/jobs/\d+$", "/api/jobs$")
        counts.append(tuple(len(standin.requests.matching(each)) for each in asked))
    # With annotations the list of all jobs is needed, so its jobs are not requested one by one.
    assert counts == [(3, 3, 0), (3, 0, 1)]
