"""Annotations alone, chosen objects and splits are asked for by page and API alike."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portal import thread_share
from portal.thread_share import slow_work, slow_work_limits
from selections.build_form import BuildForm
from selections.models import Archive, ArchiveOptions, Selection
from selections.object_choice import EVERY_OBJECT, ObjectChoice
from selections.services import cancel_archive, request_archive, split_table, split_tables
from selections.services.selection_index import IndexedFrames
from selections.splits import Split, SplitFrame
from selector.annotation_index.frame_sets import frame_set
from standin.server import StandIn
from tests.conftest import api_of, connect
from tests.selections.builds import select

pytestmark = pytest.mark.usefixtures("messages")

SPLIT = {"by": "shares", "shares": {"train": 0.75, "val": 0.25}, "seed": 7, "unit": "name"}
SPLIT |= {"separator": "-", "pieces": 2, "even_labels": True}
RENAME = {"car": "vehicle", "truck": "vehicle"}
WANTED = ArchiveOptions(
    annotations="coco",
    pictures=False,
    empty_frames="leave_out",
    objects=ObjectChoice(jobs="completed", labels=("car",), rename=tuple(RENAME.items())),
    split=Split(
        by="shares",
        shares=(0.75, 0.25, 0.0),
        seed=7,
        unit="name",
        separator="-",
        pieces=2,
        even_labels=True,
    ),
)
BODY = {
    "annotations": "coco",
    "pictures": False,
    "empty_frames": "leave_out",
    "objects": {"jobs": "completed", "labels": ["car"], "rename": RENAME},
    "split": SPLIT,
}
FORM = {
    "annotations": "coco",
    "contents": "alone",
    "empty_frames": "leave_out",
    "jobs": "completed",
    "labels": "car",
    "rename": "car, truck -> vehicle",
    "split": "shares",
    "train": "75",
    "val": "25",
    "test": "0",
    "seed": "7",
    "unit": "name",
    "separator": "-",
    "pieces": "2",
    "even_labels": "on",
}


@pytest.fixture
def kept(alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Selection:
    monkeypatch.setattr("selections.services.archives.check_labels", lambda **_: None)
    return select(connect(alice, standin), (1, range(0, 200, 10)))


def test_page_and_api_write_the_same(alice: User, kept: Selection, client: Client) -> None:
    answer = api_of(alice).post(f"/api/selections/{kept.pk}/archives", BODY)
    assert answer.status_code == 202, answer.content
    archive = Archive.objects.get()
    assert archive.get_options() == WANTED
    written = {name: archive.options[name] for name in BODY}
    shares = {**SPLIT["shares"], "test": 0.0}
    assert written == {**BODY, "split": {**SPLIT, "shares": shares}}
    archive.delete()
    client.force_login(alice)
    client.post(f"/selections/{kept.pk}/build", FORM)
    assert Archive.objects.get().get_options() == WANTED


def test_what_plays_no_part_is_not_written(alice: User, kept: Selection, client: Client) -> None:
    client.force_login(alice)
    form = {**FORM, "annotations": "none", "split": "none", "train": "nonsense"}
    client.post(f"/selections/{kept.pk}/build", {**form, "train": "10"})
    assert Archive.objects.get().options == ArchiveOptions().to_json()


def test_the_page_of_the_archive_says_what_was_chosen(
    alice: User, kept: Selection, client: Client
) -> None:
    archive = request_archive(user=alice, selection=kept, options=WANTED)
    cancel_archive(archive=archive)
    client.force_login(alice)
    page = client.get(f"/selections/archives/{archive.pk}").content.decode()
    for words in (
        "Objects of completed jobs, with the label car; car is called vehicle, truck is called",
        "Split: train 75 %, val 25 %, test 0 %, by name, each label evenly, with seed 7.",
    ):
        assert words in page


def test_lists_of_archives_lack_the_names_of_a_split(alice: User, kept: Selection) -> None:
    names = {frame.filename: "val" for frame in kept.frames.all()}
    split = {"by": "names", "names": names}
    api = api_of(alice)
    answer = api.post(f"/api/selections/{kept.pk}/archives", {"split": split})
    assert answer.json()["options"]["split"] == split
    for address in ("/api/archives", f"/api/selections/{kept.pk}/archives"):
        (listed,) = api.get(address).json()["results"]
        assert listed["options"]["split"] == {"by": "names"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"pictures": False}, "Annotations alone need a format"),
        ({"objects": {"labels": ["car"]}}, "Which objects to deliver goes with a format"),
        ({"empty_frames": "leave_out"}, "without objects goes with a format"),
        ({"split": {"by": "shares", "even_labels": True}}, "even by label goes with a format"),
        ({"annotations": "coco", "pictures": False, "part_files": 200}, "are one ZIP"),
        ({"split": {"by": "shares", "shares": {"train": 0.5}}}, "add up to 1, not to 0.5"),
        ({"split": {"by": "shares", "seed": 4294967296}}, "less than or equal to 4294967295"),
        ({"split": {"by": "names", "names": {"a": "up"}}}, "is no split"),
        ({"split": {"by": "names", "names": {"a\0": "val"}}}, "cannot be the name of a picture"),
        ({"split": {"by": "names"}}, "list of names is empty"),
        ({"split": {"unit": "job"}}, "This field is required"),
        ({"split": {"by": "shares", "sed": 1}}, "Is seed meant?"),
        ({"annotations": "coco", "objects": {"rename": {"a": "x" * 65}}}, "no more than 64"),
    ],
)
def test_the_api_refuses_what_cannot_be(
    body: dict[str, Any], words: str, alice: User, kept: Selection
) -> None:
    answer = api_of(alice).post(f"/api/selections/{kept.pk}/archives", body)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Archive.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train": "70"}, "The shares must add up to 100, not to 95."),
        ({"rename": "car vehicle"}, "write labels, an arrow"),
        ({"split": "names", "names": "a.jpg"}, "has no split"),
        ({"split": "names", "names": '{"\\ud800": "val"}'}, "cannot be the name of a picture"),
        ({"seed": "-1"}, "Seed: Ensure this value is greater than or equal to 0."),
    ],
)
def test_the_page_says_what_is_wrong_and_keeps_what_was_filled_in(
    change: dict[str, str], words: str, alice: User, kept: Selection, client: Client
) -> None:
    client.force_login(alice)
    answer = client.post(f"/selections/{kept.pk}/build", {**FORM, **change})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert words in page
    assert '<option value="coco" selected>' in page
    assert 'name="labels" value="car"' in page
    assert not Archive.objects.exists()


def test_the_table_counts_frames_and_units(
    alice: User, kept: Selection, client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.ANNOTATIONS_DIR = tmp_path
    count = kept.frames.count()
    body = {"by": "shares", "shares": {"train": 0.5, "test": 0.5}, "unit": "job"}
    answer = api_of(alice).post(f"/api/selections/{kept.pk}/split-table", body)
    rows = answer.json()
    assert [row["split"] for row in rows] == ["train", "test"]
    assert sum(row["frames_count"] for row in rows) == count
    jobs = kept.frames.order_by().values("job_id").distinct().count()
    assert sum(row["units_count"] for row in rows) == jobs > 1
    client.force_login(alice)
    form = {**FORM, "unit": "job", "even_labels": ""}
    page = client.post(f"/selections/{kept.pk}/split", form).content.decode()
    assert '<th scope="col">val</th>' in page
    assert '<th scope="row">Jobs</th>' in page
    assert "counts here too, so the ZIP may have fewer frames." in page
    page = client.post(f"/selections/{kept.pk}/split", {**form, "train": "1"}).content.decode()
    assert "The shares must add up to 100, not to 26." in page


def test_the_page_keeps_a_space_at_the_start_of_the_list() -> None:
    form = BuildForm({**FORM, "split": "names", "names": " a.jpg\ttrain\r\nb.jpg\tval\r\n"})
    assert form.is_valid()
    assert form.options().split.names == ((" a.jpg", "train"), ("b.jpg", "val"))


def test_tables_hold_some_of_the_threads_at_most(
    alice: User, kept: Selection, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_share, "PLACE_SECONDS", 0)
    settings.WEB_THREADS = 2
    url = f"/api/selections/{kept.pk}/split-table"
    with slow_work.place(slow_work_limits()):
        answer = api_of(alice).post(url, {"by": "shares"})
    assert answer.status_code == 503
    assert answer.json()["code"] == "busy"
    assert int(answer["Retry-After"]) > 0
    assert api_of(alice).post(url, {"by": "shares"}).status_code == 200


class CountedNumber(int):
    """A frame number that counts how often it is looked up in any mapping or set."""

    lookups = 0

    def __hash__(self) -> int:
        CountedNumber.lookups += 1
        return super().__hash__()


def test_the_table_looks_up_the_labels_of_a_frame_at_once(
    alice: User, kept: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = {(f"label {number}", "tag"): frame_set(range(number, 90, 2)) for number in range(60)}
    frames = [SplitFrame(1, 1, CountedNumber(number), "", "", "") for number in range(100)]
    index = SimpleNamespace(frames_by_kind=lambda: labels)
    indexed = [IndexedFrames(1, frame_set(range(100)), index)]
    monkeypatch.setattr(split_tables, "indexed_frames", lambda **_: indexed)
    monkeypatch.setattr(split_tables, "_frames", lambda _: frames)
    split = Split(by="shares", even_labels=True, unit="job")
    CountedNumber.lookups = 0
    rows = split_table(user=alice, selection=kept, split=split, choice=EVERY_OBJECT)
    assert sum(row.labels["label 0"] for row in rows) == 45
    assert 0 < CountedNumber.lookups <= 2 * len(frames)


def test_the_table_of_a_list_names_what_is_missing(alice: User, kept: Selection) -> None:
    first, second = kept.frames.all()[:2]
    kept.frames.exclude(pk__in=[first.pk, second.pk]).delete()
    names = {first.filename: "train"}
    answer = api_of(alice).post(
        f"/api/selections/{kept.pk}/split-table", {"by": "names", "names": names}
    )
    assert answer.status_code == 400
    assert f"1 of the frames is not in the list of splits: {second.filename}." in str(answer.json())
    names[f"task_1/{second.filename}"] = "test"
    answer = api_of(alice).post(
        f"/api/selections/{kept.pk}/split-table", {"by": "names", "names": names}
    )
    assert answer.json() == [
        {"split": "train", "frames_count": 1, "units_count": None, "labels": {}},
        {"split": "test", "frames_count": 1, "units_count": None, "labels": {}},
    ]
