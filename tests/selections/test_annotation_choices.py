"""Annotations alone, of chosen objects, under other names, without frames that have none."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from django.contrib.auth.models import User

from portal.exceptions import InvalidInput
from selections import services
from selections.archives.remarks_in_words import warnings
from selections.models import Archive
from selections.object_choice import ObjectChoice
from selections.splits import Split
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case
from tests.conftest import connect
from tests.selections.annotated_builds import CASES
from tests.selections.builds import built, data_requests, manifest_of, only_path, select

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def case_of(standin: StandIn, name: str) -> Case:
    case = Case(CASES[name])
    add_annotated_task(standin.world, case.folder)
    return case


def files_of(archive: Archive) -> dict[str, bytes]:
    assert (archive.status, archive.error) == ("ready", "")
    with zipfile.ZipFile(only_path(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def coco_of(archive: Archive) -> Any:
    return json.loads(files_of(archive)["instances_default.json"])


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *product(
            ("names_clash", "attributes_tags"), ("cvat_images", "yolo_segmentation", "imagenet")
        ),
        ("names", "mot"),
    ],
)
def test_annotations_alone_are_those_of_the_archive_with_pictures(
    name: str, key: str, alice: User, standin: StandIn
) -> None:
    case = case_of(standin, name)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    whole = built(selection, annotations=key)
    count = len(data_requests(standin))
    alone = built(selection, annotations=key, pictures=False)
    assert len(data_requests(standin)) == count  # no picture was fetched
    lines, listed = manifest_of(whole)["frames"], manifest_of(alone)["frames"]
    pictures = {path for line in lines for path in line.get("paths", [line["path"]])}
    files = {path: content for path, content in files_of(whole).items() if path not in pictures}
    assert {**files_of(alone), "manifest.json": b""} == {**files, "manifest.json": b""}
    kept = (
        "task_id",
        "job_id",
        "frame",
        "source_frame",
        "filename",
        "path",
        "paths",
        "width",
        "height",
    )
    assert [[line.get(each) for each in kept] for line in listed] == [
        [line.get(each) for each in kept] for line in lines
    ]
    assert not any({"size", "crc32"} & line.keys() for line in listed)
    assert (alone.frames_done, alone.remarks["listed"]) == (len(lines), len(lines))
    assert alone.remarks["exact"] == 0


def test_annotations_alone_need_no_room_for_pictures(
    alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [0]))
    selection.frames.update(width=10**6, height=10**6)
    assert built(selection, annotations="coco").status == "failed"
    assert built(selection, annotations="coco", pictures=False).status == "ready"


def test_only_objects_of_chosen_labels_come_and_classes_stay(alice: User, standin: StandIn) -> None:
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    whole = coco_of(built(selection, annotations="coco"))
    names = {each["id"]: each["name"] for each in whole["categories"]}
    counts = Counter(names[each["category_id"]] for each in whole["annotations"])
    (chosen, count), *_ = counts.most_common()
    assert len(counts) > 1
    archive = built(selection, annotations="coco", objects=ObjectChoice(labels=(chosen,)))
    document = coco_of(archive)
    assert document["categories"] == whole["categories"]
    assert document["images"] == whole["images"]
    assert Counter(names[each["category_id"]] for each in document["annotations"]) == {
        chosen: count
    }


def test_merged_labels_are_one_class(alice: User, standin: StandIn) -> None:
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    before = yaml.safe_load(files_of(built(selection, annotations="yolo_detection"))["data.yaml"])
    first, second, *others = before["names"].values()
    rename = ((first, "thing"), (second, "thing"))
    archive = built(selection, annotations="yolo_detection", objects=ObjectChoice(rename=rename))
    after = yaml.safe_load(files_of(archive)["data.yaml"])
    assert list(after["names"].values()) == ["thing", *others]


@pytest.mark.parametrize(("choice", "counted"), [("completed", 2), ("accepted", 1), ("all", 3)])
def test_objects_of_completed_or_accepted_jobs(
    choice: str, counted: int, alice: User, standin: StandIn
) -> None:
    case = case_of(standin, "overlap")
    jobs = [standin.world.jobs[job.id] for job in case.jobs]
    assert len(jobs) == 3
    states = [("acceptance", "completed"), ("validation", "completed"), ("acceptance", "new")]
    for job, (stage, state) in zip(jobs, states, strict=True):
        job.stage, job.state = stage, state
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations="cvat_images", objects=ObjectChoice(jobs=choice))
    assert len(standin.requests.matching("/annotations$")) == counted
    about = manifest_of(archive)["annotations"]
    assert about.get("jobs_left_out", []) == [job.id for job in jobs][counted:]
    assert archive.remarks["annotations"] == about
    told = [text for text in warnings(archive.remarks) if "left out, as asked for" in text]
    assert len(told) == (counted < len(jobs))


def test_frames_without_objects_are_left_out_and_not_fetched(alice: User, standin: StandIn) -> None:
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    whole = coco_of(built(selection, annotations="coco"))
    names = {each["id"]: each["name"] for each in whole["categories"]}
    label = Counter(names[each["category_id"]] for each in whole["annotations"]).most_common()[-1][
        0
    ]
    chosen = {
        "annotations": "coco",
        "objects": ObjectChoice(labels=(label,)),
        "empty_frames": "leave_out",
    }
    archive = built(selection, **chosen)
    document = coco_of(archive)
    used = {each["image_id"] for each in document["annotations"]}
    assert used == {each["id"] for each in document["images"]}
    manifest = manifest_of(archive)
    delivered = [line["frame"] for line in manifest["frames"]]
    left_out = manifest["left_out"]
    assert sorted([*delivered, *(line["frame"] for line in left_out)]) == case.frames
    assert left_out
    assert {line["reason"] for line in left_out} == {"It has none of the chosen objects."}
    assert archive.remarks["without_objects"]["count"] == len(left_out)
    assert archive.remarks["left_out"]["count"] == 0
    assert archive.frames_done == len(delivered)
    alone = built(selection, **chosen, pictures=False)
    assert [line["path"] for line in manifest_of(alone)["frames"]] == [
        line["path"] for line in manifest["frames"]
    ]


@pytest.mark.parametrize("pictures", [True, False])
def test_numbers_have_no_gaps_for_frames_that_are_left_out(
    pictures: bool, alice: User, standin: StandIn
) -> None:
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations="mot", empty_frames="leave_out", pictures=pictures)
    manifest = manifest_of(archive)
    assert manifest["left_out"][0]["frame"] < manifest["frames"][-1]["frame"]
    paths = [line["path"].partition(".")[0] for line in manifest["frames"]]
    assert paths == [f"img1/{number:06d}" for number, _ in enumerate(paths, 1)]


def test_frames_whose_annotations_are_refused_are_not_taken_for_empty(
    alice: User, standin: StandIn
) -> None:
    case = case_of(standin, "overlap")
    refused = case.jobs[0]
    standin.faults.fail(f"/jobs/{refused.id}/annotations", status=403, body={"detail": "closed"})
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations="cvat_images", empty_frames="leave_out")
    delivered = {line["frame"] for line in manifest_of(archive)["frames"]}
    assert set(range(refused.start_frame, refused.stop_frame + 1)) <= delivered


def test_a_selection_without_any_of_the_objects_is_no_archive(
    alice: User, standin: StandIn
) -> None:
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    for job in standin.world.jobs.values():
        job.state = "new"
    archive = built(
        selection,
        annotations="coco",
        objects=ObjectChoice(jobs="completed"),
        empty_frames="leave_out",
    )
    assert archive.status == "failed"
    assert "none of" not in archive.error
    assert "No frame of the selection has any of the chosen objects" in archive.error


@pytest.mark.parametrize(
    "choice", [ObjectChoice(labels=("unicorn",)), ObjectChoice(rename=(("unicorn", "horse"),))]
)
def test_a_label_that_no_task_has_is_refused_with_those_that_exist(
    choice: ObjectChoice, alice: User, standin: StandIn
) -> None:
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [0]))
    with pytest.raises(InvalidInput) as refusal:
        built(selection, annotations="coco", objects=choice)
    assert "There is no label “unicorn” in the tasks of this selection" in str(refusal.value)
    assert all(f"“{label.name}”" in str(refusal.value) for label in case.labels)
    assert not Archive.objects.exists()
    # What CVAT says now counts, not what it said a minute ago.
    standin.world.tasks[case.task["id"]].labels[0].name = "unicorn"
    assert built(selection, annotations="coco", objects=choice).status == "ready"


def test_pictures_stand_in_the_folders_of_their_splits(alice: User, standin: StandIn) -> None:
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    split = Split(by="shares", shares=(0.6, 0.2, 0.2), seed=3, even_labels=True)
    archive = built(selection, annotations="yolo_detection", split=split)
    files, manifest = files_of(archive), manifest_of(archive)
    assert {line["split"] for line in manifest["frames"]} == {"train", "val", "test"}
    for line in manifest["frames"]:
        assert line["path"].startswith(f"images/{line['split']}/")
    for name in ("train", "val", "test"):
        listed = files[f"{name}.txt"].decode().splitlines()
        assert listed == [
            f"./{line['path']}" for line in manifest["frames"] if line["split"] == name
        ]
    assert manifest["options"]["split"] == split.to_json()
    again = built(selection, annotations="yolo_detection", split=split)
    assert manifest_of(again)["frames"] == manifest["frames"]


@pytest.mark.parametrize(("labels", "empty"), [((), "deliver"), (("person",), "leave_out")])
def test_the_table_before_the_build_counts_as_the_archive_does(
    labels: tuple[str, ...],
    empty: str,
    alice: User,
    standin: StandIn,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    choice = ObjectChoice(labels=labels, rename=(("person", "car"),))
    split = Split(by="shares", shares=(0.5, 0.25, 0.25), even_labels=True)
    rows = services.split_table(
        user=alice,
        selection=selection,
        split=split,
        choice=choice,
        leaves_out_empty=empty == "leave_out",
    )
    archive = built(
        selection, annotations="cvat_images", split=split, objects=choice, empty_frames=empty
    )
    lines = manifest_of(archive)["frames"]
    counts: dict[str, Counter[str]] = {row.split: Counter() for row in rows}
    pictures = ElementTree.fromstring(files_of(archive)["annotations.xml"]).iter("image")
    for picture in pictures:
        counts[picture.get("subset", "")].update({each.get("label", "") for each in picture})
    assert {row.split: row.frames_count for row in rows} == Counter(line["split"] for line in lines)
    assert (len(lines) < len(case.frames)) == (empty == "leave_out")
    assert {row.split: Counter(row.labels) for row in rows} == counts
    assert "person" not in rows[0].labels


def test_the_xml_names_the_split_of_each_picture(alice: User, standin: StandIn) -> None:
    case = case_of(standin, "shapes")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    split = Split(by="shares", shares=(0.5, 0.5, 0))
    archive = built(selection, annotations="cvat_images", split=split, pictures=False)
    text = files_of(archive)["annotations.xml"].decode()
    splits = [line["split"] for line in manifest_of(archive)["frames"]]
    assert splits.count("train") == text.count('subset="train"') > 0
    assert splits.count("val") == text.count('subset="val"') > 0


def test_without_annotations_the_manifest_has_the_splits(alice: User, standin: StandIn) -> None:
    case = case_of(standin, "names_clash")
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    names = tuple((frame.filename, "val") for frame in selection.frames.all())
    archive = built(selection, split=Split(by="names", names=names))
    assert {line["split"] for line in manifest_of(archive)["frames"]} == {"val"}
    with pytest.raises(InvalidInput, match=r"1 of the frames is not in the list of splits"):
        built(selection, split=Split(by="names", names=names[1:]))
