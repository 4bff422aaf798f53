"""The ZIP of a selection has the annotations of just its frames."""

from __future__ import annotations

import json
import shutil
import threading
import uuid
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from cvat.types import Job
from portal.work.exceptions import Stopped
from portal.work.heartbeat import Heartbeat
from portal.work.slots import Slots
from selections.archives import building
from selections.archives.annotation_source import AnnotationSource
from selections.formats import FORMATS, masks
from selections.models import Archive
from selections.services import cancel_archive
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import WITH_IMAGES, Case, differences, images
from tests.conftest import connect
from tests.selections.builds import (
    Folders,
    again,
    built,
    in_thread,
    killed,
    manifest_of,
    only_path,
    path_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

CASES = {folder.name: folder for folder in WITH_IMAGES}
XML = "annotations.xml"


def objects_of(archive: Archive) -> dict[str, list[dict[str, Any]]]:
    """The objects of each path in the XML, which has just the pictures of the ZIP."""
    with zipfile.ZipFile(only_path(archive)) as opened:
        names, seen = opened.namelist(), images(opened.read(XML))
    assert names[-2:] == [XML, "manifest.json"]
    assert [image.get("name") for image, _ in seen] == names[:-2]
    return {image.get("name", ""): objects for image, objects in seen}


@pytest.mark.parametrize("folder", WITH_IMAGES, ids=lambda path: path.name)
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
    assert archive.remarks["annotations"]["objects"] == count


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
@pytest.mark.parametrize("failing", ["of_mask", "flaw"])
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
    assert about["objects"] == whole["objects"] - count
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
    assert (about["objects"], about["problems_count"]) == (3, 0)
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
        assert about["objects"] == count == len(boxes) - 2


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


def test_the_same_selection_gives_the_same_bytes(alice: User, standin: StandIn) -> None:
    case = Case(CASES["tracks_images"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    first, second = (built(selection, annotations="cvat_images") for _ in range(2))
    assert first.parts.get().sha256 == second.parts.get().sha256


def test_a_killed_build_ends_complete_and_identical(alice: User, standin: StandIn) -> None:
    case = Case(CASES["overlap"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    expected = built(selection, annotations="coco").parts.get().sha256
    archive = request(selection, annotations="coco")
    standin.faults.fail(f"/jobs/{case.jobs[2].id}/annotations", status=401)
    killed(archive)  # with the objects of the first job in the spool
    standin.faults.clear()
    building.build(archive.pk)
    archive = again(archive)
    assert (archive.status, archive.error) == ("ready", "")
    assert archive.parts.get().sha256 == expected


def test_nothing_of_a_finished_build_stays_in_the_spool(
    alice: User, standin: StandIn, folders: Folders
) -> None:
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [0]))
    assert built(selection, annotations="cvat_images").status == "ready"
    assert folders.spooled() == []


def test_a_cancelled_build_ends_while_annotations_are_read(alice: User, standin: StandIn) -> None:
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [0]))
    archive = request(selection, annotations="cvat_images")
    hold = standin.faults.hold("/annotations")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    cancel_archive(archive=again(archive))
    thread.join(timeout=60)
    assert not thread.is_alive()
    hold.release()
    assert again(archive).status == "cancelled"
    assert not [each for each in threading.enumerate() if each.name.startswith("annotations")]


def test_a_request_for_annotations_has_a_slot_among_those_of_all_builds(
    alice: User, standin: StandIn, folders: Folders, settings: object
) -> None:
    settings.CVAT_MAX_REQUESTS = 1
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    connection = connect(alice, standin, "alice")
    selection = select(connection, (case.task["id"], [0]))
    heartbeat = Heartbeat(request(selection, annotations="cvat_images"), uuid.uuid4())

    def refuse(_: float) -> None:
        raise Stopped

    other = Slots(url=connection.url, limit=1, lease=60.0, sleep=refuse)
    hold = standin.faults.hold("/annotations")
    with closing(
        AnnotationSource(
            connection,
            selection,
            FORMATS["cvat_images"],
            folder=folders.spool,
            has_task_folders=False,
            heartbeat=heartbeat,
        )
    ):
        assert hold.wait_for_request()
        for call in heartbeat.at_beat:
            call()
        with pytest.raises(Stopped), other.one():
            pass
    with other.one():
        pass
