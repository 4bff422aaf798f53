"""The table of a split shows what the build will do with the chosen jobs and the format."""

from __future__ import annotations

import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portal.exceptions import InvalidInput
from selections import services
from selections.models import Archive, Selection
from selections.object_choice import ObjectChoice
from selections.splits import Split
from selector.services import annotation_index
from selector.services.catalogs import load_catalog
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case
from tests.conftest import api_of, connect
from tests.selections.annotated_builds import CASES
from tests.selections.builds import built, manifest_of, only_path, select

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

SPLIT = Split(by="shares", shares=(0.5, 0.25, 0.25), even_labels=True)
COMPLETED = ObjectChoice(jobs="completed")


@pytest.fixture(autouse=True)
def annotations_dir(settings: Any, tmp_path: Path) -> None:
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"


def of_case(
    alice: User, standin: StandIn, name: str, *, completed: Collection[int] = ()
) -> tuple[Case, Selection]:
    """The case, and all its frames. `completed`: the positions of jobs that are, and no others."""
    case = Case(CASES[name])
    add_annotated_task(standin.world, case.folder)
    for number, job in enumerate(case.jobs if completed else ()):
        standin.world.jobs[job.id].state = "completed" if number in completed else "in progress"
    return case, select(connect(alice, standin, "alice"), (case.task["id"], None))


def table(selection: Selection, **options: Any) -> dict[str, tuple[int, Counter[str]]]:
    """Of each split how many frames it has, and how many with each label."""
    rows = services.split_table(
        user=selection.owner, selection=selection, split=SPLIT, leaves_out_empty=True, **options
    )
    return {row.split: (row.frames_count, +Counter(row.labels)) for row in rows}


def counted(archive: Archive) -> dict[str, tuple[int, Counter[str]]]:
    """The same of a built archive in the format COCO."""
    frames = Counter(line["split"] for line in manifest_of(archive)["frames"])
    with zipfile.ZipFile(only_path(archive)) as opened:
        files = {name: opened.read(name) for name in opened.namelist() if "instances_" in name}
    counts = {}
    for name, file in files.items():
        content = json.loads(file)
        names = {each["id"]: each["name"] for each in content["categories"]}
        labels = defaultdict(set)
        for each in content["annotations"]:
            labels[each["image_id"]].add(names[each["category_id"]])
        split = name.removeprefix("instances_").removesuffix(".json")
        counts[split] = frames[split], Counter(label for on in labels.values() for label in on)
    return counts


@pytest.mark.parametrize("completed", [0, 1])
def test_objects_of_some_jobs_alone_count(completed: int, alice: User, standin: StandIn) -> None:
    """Also where these overlap with others."""
    case, selection = of_case(alice, standin, "overlap", completed=[completed])
    seen = table(selection, choice=COMPLETED, annotations="coco")
    options: dict[str, Any] = {"split": SPLIT, "pictures": False, "empty_frames": "leave_out"}
    archive = built(selection, annotations="coco", objects=COMPLETED, **options)
    assert (archive.status, archive.error) == ("ready", "")
    assert {name: row for name, row in seen.items() if row[0]} == counted(archive)
    job = case.jobs[completed]
    total = sum(frames for frames, _ in seen.values())
    assert 0 < total <= job.stop_frame - job.start_frame + 1


def test_a_frame_chosen_from_a_ground_truth_job_has_its_objects(
    alice: User, standin: StandIn
) -> None:
    case, selection = of_case(alice, standin, "ground_truth")
    job = case.jobs[-1]
    # As somebody has them who is shown this job alone.
    frames = load_catalog(connection=selection.connection, job_id=job.id).frames
    selection.frames.filter(frame__in=[frame.frame for frame in frames]).update(job_id=job.id)
    seen = table(selection, choice=COMPLETED, annotations="coco")
    options: dict[str, Any] = {"split": SPLIT, "pictures": False, "empty_frames": "leave_out"}
    archive = built(selection, annotations="coco", objects=COMPLETED, **options)
    assert (archive.status, archive.error) == ("ready", "")
    assert {name: row for name, row in seen.items() if row[0]} == counted(archive)


def test_only_kinds_that_the_format_holds_count(
    alice: User, standin: StandIn, client: Client
) -> None:
    case, selection = of_case(alice, standin, "shapes")
    kinds = {"rectangle"}
    frames = [
        frame
        for frame, objects in case.reference().items()
        if kinds & {each["kind"] for each in objects}
    ]
    body = {
        "by": "shares",
        "shares": {"train": 1},
        "empty_frames": "leave_out",
        "annotations": "mot",
    }
    answer = api_of(alice).post(f"/api/selections/{selection.pk}/split-table", body)
    assert [row["frames_count"] for row in answer.json()] == [len(frames)]
    answer = api_of(alice).post(
        f"/api/selections/{selection.pk}/split-table", body | {"annotations": "none"}
    )
    assert answer.json()[0]["frames_count"] > len(frames)
    client.force_login(alice)
    form = {"split": "shares", "train": "100", "val": "0", "test": "0", "annotations": "mot"}
    page = client.post(f"/selections/{selection.pk}/split", form | {"empty_frames": "leave_out"})
    assert f"<td>{len(frames)}</td>" in page.content.decode()


def test_jobs_that_overlap_with_too_many_others_are_named(
    alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, selection = of_case(alice, standin, "overlap", completed=[0, 2])
    table(selection, choice=ObjectChoice())
    monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", 0)
    with pytest.raises(InvalidInput, match="overlap with too many others"):
        table(selection, choice=COMPLETED)
