"""Archives whose annotations are the results of a publication."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from cvat import client as cvat_client
from portal.exceptions import InvalidInput
from publishing.models import Publication
from selections.archives import building, results
from selections.formats import FORMATS
from selections.models import Archive, Selection
from selections.tasks import build_archive
from selector.models import Connection
from standin.annotated import add_annotated_task
from standin.model import Task
from standin.server import StandIn
from tests.annotated import Case
from tests.conftest import connect
from tests.making import make_publication
from tests.publishing.making import add_box, annotate
from tests.selections.builds import built, manifest_of, only_path, request
from tests.selections.builds import select as select_frames
from tests.selections.conftest import HASTY
from tests.selections.format_files import CASES

pytestmark = pytest.mark.usefixtures("transactional_db", "sent")


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


def exported(publication: Publication, **options: Any) -> Archive:
    """An archive of the selection with the results of the publication."""
    assert publication.selection is not None
    options = {"annotations": "coco", "annotations_from": publication.pk} | options
    return built(publication.selection, **options)


def about(archive: Archive) -> dict[str, Any]:
    assert (archive.status, archive.error) == ("ready", "")
    return dict(archive.remarks["annotations"]["annotations_from"])


def as_ground_truth(publication: Publication, task: Task, frames: list[int], job_id: int) -> None:
    publication.target = Publication.Target.GROUND_TRUTH
    publication.task_id = publication.result_task_id = task.id
    publication.frames, publication.result_job_id = frames, job_id
    publication.save()


def box(task: Task, frame: int, x: float) -> dict[str, Any]:
    """As CVAT takes it."""
    return {
        "type": "rectangle",
        "frame": frame,
        "label_id": task.labels[0].id,
        "points": [x, 2, x + 8, 20],
    }


def publish_recorded(
    alice: User, standin: StandIn, connection: Connection, name: str
) -> tuple[Publication, Case]:
    """The new task is a recorded one; its pictures are those of the selection in the opposite
    order, where they are called by their numbers."""
    case = Case(CASES[name])
    standin.world.user("demo").is_superuser = True  # the recorded task has another owner
    made = add_annotated_task(standin.world, case.folder)
    names = [case.meta.frames[frame].name for frame in reversed(case.frames)]
    pictures = [(case.folder / "images" / each).read_bytes() for each in names]
    source = standin.world.add_task(
        "Plain",
        owner="demo",
        images={f"{number}.png": each for number, each in enumerate(pictures)},
    )
    publication = make_publication(alice, select_frames(connection, (source.id, None)), "ready")
    publication.target, publication.result_task_id = Publication.Target.TASK, made.id
    publication.save()
    for number, frame in enumerate(reversed(case.frames)):
        publication.published_frames.create(
            new_frame=frame, task_id=source.id, frame=number, path=""
        )
    return publication, case


def coco_of(archive: Archive) -> dict[str, Any]:
    with zipfile.ZipFile(only_path(archive)) as file:
        return dict(json.loads(file.read("instances_default.json")))


def boxes(archive: Archive) -> list[tuple[str, float]]:
    """The name of the picture and the left side of each box."""
    document = coco_of(archive)
    names = {image["id"]: image["file_name"] for image in document["images"]}
    return sorted((names[each["image_id"]], each["bbox"][0]) for each in document["annotations"])


def test_the_results_in_place_of_what_the_tasks_have(
    published: tuple[Publication, Task], task: Task
) -> None:
    publication, made = published
    add_box(task, 3, 1)
    add_box(made, 0, 30)
    add_box(made, 2, 50)
    add_box(made, 2, 60)
    archive = exported(publication)
    assert boxes(archive) == [("25", 50), ("25", 60), ("3", 30)]
    assert about(archive) == {
        "publication": publication.pk,
        "task_id": made.id,
        "job_id": None,
        "updated_date": about(archive)["updated_date"],
        "not_held_count": 0,
        "not_held": [],
        "not_shown_count": 0,
        "deleted_count": 0,
        "resized_count": 0,
        "labels_added": {},
    }
    assert manifest_of(archive)["annotations"]["annotations_from"] == about(archive)
    again = exported(publication)
    assert only_path(again).read_bytes() == only_path(archive).read_bytes()


def test_of_a_ground_truth_job(
    published: tuple[Publication, Task], task: Task, standin: StandIn
) -> None:
    publication, _ = published
    truth = standin.world.add_ground_truth(task, [3, 11])
    as_ground_truth(publication, task, [3, 11], truth.id)
    add_box(task, 3, 1)
    annotate(standin, truth, shapes=[box(task, 11, 70)])
    archive = exported(publication)
    assert boxes(archive) == [("11", 70)]
    said = about(archive)
    assert (said["task_id"], said["job_id"]) == (task.id, truth.id)
    assert said["not_held"] == [{"task_id": task.id, "frame": 25}]


def test_frames_without_results_are_told(
    published: tuple[Publication, Task], task: Task, standin: StandIn
) -> None:
    """Frame 14 is not in the publication, 25 is in a job that is not shown, 11 deleted in the new
    task."""
    publication, made = published
    assert publication.selection is not None
    publication.selection.frames.create(
        task_id=task.id, job_id=task.jobs[1].id, frame=14, filename="14"
    )
    add_box(made, 0, 30)
    del standin.world.jobs[made.jobs[1].id]
    made.deleted.append(1)
    archive = exported(publication, empty_frames="leave_out")
    said = about(archive)
    assert boxes(archive) == [("3", 30)]
    assert said["not_held"] == [{"task_id": task.id, "frame": 14}]
    assert (said["not_shown_count"], said["deleted_count"]) == (1, 1)
    # That a frame has no objects is known of 11 and 14 alone.
    assert {line["frame"] for line in manifest_of(archive)["frames"]} == {3, 25}


def test_labels_that_the_task_lacks_are_kept_and_told(
    published: tuple[Publication, Task], standin: StandIn
) -> None:
    publication, made = published
    made.labels[0].name = "van"
    add_box(made, 0, 30, "van")
    archive = exported(publication)
    assert about(archive)["labels_added"] == {"van": 1}
    names = {each["id"]: each["name"] for each in coco_of(archive)["categories"]}
    assert [names[each["category_id"]] for each in coco_of(archive)["annotations"]] == ["van"]


def test_pictures_of_another_size_are_counted(
    published: tuple[Publication, Task], alice: User, standin: StandIn
) -> None:
    publication, _ = published
    large = standin.world.add_task("Large", owner="demo", count=3, size=(320, 200))
    publication.result_task_id = large.id
    publication.save()
    assert about(exported(publication))["resized_count"] == 3


@pytest.mark.parametrize("pictures", [True, False])
@pytest.mark.parametrize("size", [(34, 22), (33, 21)])
def test_pictures_of_a_video_have_its_size_or_even_sides(
    alice: User,
    standin: StandIn,
    connection: Connection,
    size: tuple[int, int],
    pictures: bool,
) -> None:
    """In an archive of annotations alone the video has its own size (cvat-api 7.3)."""
    film = standin.world.add_task(
        "film", owner="demo", video=True, count=2, size=(33, 21), labels=["car"]
    )
    names = ["frame_000000.png", "frame_000001.png"]
    made = standin.world.add_task("made", owner="demo", images=names, labels=["car"], size=size)
    publication = make_publication(alice, select_frames(connection, (film.id, None)), "ready")
    publication.target, publication.result_task_id = Publication.Target.TASK, made.id
    publication.save()
    for number, name in enumerate(names):
        publication.published_frames.create(
            new_frame=number, task_id=film.id, frame=number, path=name
        )
    assert about(exported(publication, pictures=pictures))["resized_count"] == 0


def test_a_task_that_was_deleted_in_cvat_fails_the_build(
    published: tuple[Publication, Task], standin: StandIn
) -> None:
    publication, made = published
    standin.world.remove_task(made)
    archive = exported(publication)
    assert archive.status == "failed"
    assert archive.error.startswith(f"The results of publication {publication.pk} (new task")


def test_a_publication_that_was_deleted_fails_the_build(
    published: tuple[Publication, Task],
) -> None:
    publication, _ = published
    assert publication.selection is not None
    archive = request(publication.selection, annotations="coco", annotations_from=publication.pk)
    number = publication.pk
    publication.delete()
    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.status == "failed"
    assert f"no publication {number} of this selection" in archive.error


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"annotations_from": 999_999}, 400, "no publication 999999 of this selection"),
        ({"annotations": "none"}, 400, "go with a format"),
        ({"annotations_from": "new"}, 400, "must be a whole number"),
        ({"objects": {"labels": ["lorry"]}}, 400, "“lorry” in publication"),
    ],
)
def test_the_api_refuses_what_cannot_be(
    published: tuple[Publication, Task],
    api: APIClient,
    change: dict[str, Any],
    status: int,
    words: str,
) -> None:
    publication, _ = published
    url = f"/api/selections/{publication.selection_id}/archives"
    body = {"annotations": "coco", "annotations_from": publication.pk} | change
    answer = api.post(url, body, format="json")
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not Archive.objects.exists()


def test_a_publication_without_results_is_refused(
    published: tuple[Publication, Task], api: APIClient
) -> None:
    publication, _ = published
    publication.result_task_id = None
    publication.save()
    url = f"/api/selections/{publication.selection_id}/archives"
    body = {"annotations": "coco", "annotations_from": publication.pk}
    answer = api.post(url, body, format="json")
    assert answer.status_code == 409
    assert "has no results" in answer.content.decode()


def test_publications_of_others_are_none(
    published: tuple[Publication, Task], bob: User, standin: StandIn
) -> None:
    publication, _ = published
    assert publication.selection is not None
    publication.selection.visibility = Selection.Visibility.SHARED
    publication.selection.save()
    connect(bob, standin, "bob")
    with pytest.raises(InvalidInput, match="You have no publication"):
        request(publication.selection, bob, annotations="coco", annotations_from=publication.pk)


def test_frames_that_are_no_selection_have_no_results(
    published: tuple[Publication, Task], api: APIClient, task: Task
) -> None:
    publication, _ = published
    before = Selection.objects.count()
    body = {
        "frames": [{"task_id": task.id, "frame": 3}],
        "annotations": "coco",
        "annotations_from": publication.pk,
    }
    answer = api.post("/api/download-images", body, format="json")
    assert answer.status_code == 400
    assert "annotations_from is for a saved selection" in answer.content.decode()
    assert Selection.objects.count() == before


def test_the_coco_file_has_the_objects_of_the_api(
    alice: User, standin: StandIn, connection: Connection, api: APIClient
) -> None:
    publication, _ = publish_recorded(alice, standin, connection, "tracks_images")
    document = coco_of(exported(publication))
    names = {each["id"]: each["name"] for each in document["categories"]}
    frames = {each["id"]: int(each["file_name"].split(".")[0]) for each in document["images"]}
    written = [
        (frames[each["image_id"]], names[each["category_id"]], *map(round, each["bbox"]))
        for each in document["annotations"]
    ]
    shown: list[tuple[int, str]] = []
    upright: Counter[tuple[Any, ...]] = Counter()  # those whose extent their points say
    for place in publication.published_frames.all():
        url = f"/api/publications/{publication.pk}/annotations"
        body = api.get(url, {"task_id": place.task_id, "frame": place.frame}).json()
        labels = {each["id"]: each["name"] for each in body["labels"]}
        for each in body["objects"]:
            key = place.frame, labels[each["label_id"]]
            if each["type"] in ("rectangle", "polygon", "ellipse", "mask"):  # what COCO holds
                shown.append(key)
            if each["type"] in ("rectangle", "polygon") and not each["rotation"]:
                across, down = each["points"][::2], each["points"][1::2]
                left, top = min(across), min(down)
                extent = left, top, max(across) - left, max(down) - top
                upright[*key, *map(round, extent)] += 1
    assert sorted(key[:2] for key in written) == sorted(shown)
    assert len(upright) > 10
    assert upright <= Counter(written)


def test_what_is_counted_before_a_build_is_of_the_results(
    published: tuple[Publication, Task], task: Task, api: APIClient
) -> None:
    publication, made = published
    add_box(task, 3, 1)
    add_box(task, 11, 1)
    add_box(made, 1, 30, "person")
    add_box(made, 2, 30, type="polyline")
    url = f"/api/selections/{publication.selection_id}"
    body = {"annotations": "coco", "annotations_from": publication.pk}
    assert api.post(f"{url}/left-out", body, format="json").json()["objects"] == {"polyline": 1}
    body |= {"by": "shares", "even_labels": True, "shares": {"train": 1}}
    rows = api.post(f"{url}/split-table", body, format="json").json()
    assert [(row["split"], row["frames_count"], row["labels"]) for row in rows] == [
        ("train", 3, {"person": 1})
    ]
    body["empty_frames"] = "leave_out"
    rows = api.post(f"{url}/split-table", body, format="json").json()
    assert [row["frames_count"] for row in rows] == [1]
    del body["annotations_from"]
    rows = api.post(f"{url}/split-table", body, format="json").json()
    assert [row["labels"] for row in rows] == [{"car": 2}]


def test_the_page_offers_the_publications_with_results(
    published: tuple[Publication, Task], web: Client
) -> None:
    publication, _ = published
    assert publication.selection is not None
    other = make_publication(publication.requested_by, publication.selection, "failed")
    page = web.get(publication.selection.get_absolute_url()).content.decode()
    title = f"Publication {publication.pk} (new task {publication.result_task_id})"
    assert f'<option value="{publication.pk}">{title}</option>' in page
    assert f'<option value="{other.pk}">' not in page
    url = f"/selections/{publication.selection.pk}/build"
    web.post(url, {"annotations": "coco", "annotations_from": publication.pk})
    archive = Archive.objects.get()
    assert archive.get_options().annotations_from == publication.pk
    building.build(archive.pk)
    said = web.get(archive.get_absolute_url()).content.decode()
    assert f"the results of {title[0].lower()}{title[1:]}" in said
    assert f"The annotations are from publication {publication.pk}." in said


def test_the_publications_that_have_results_of_frames(
    published: tuple[Publication, Task], task: Task, standin: StandIn, alice: User
) -> None:
    publication, _ = published
    selection = publication.selection
    assert selection is not None
    truth = make_publication(alice, selection, "ready")
    as_ground_truth(truth, task, [3, 14], standin.world.add_ground_truth(task, [3, 14]).id)
    places = [(task.id, frame) for frame in (3, 11, 14, 15)] + [(task.id + 50, 3)]
    with CaptureQueriesContext(database) as queries:
        held = results.on_frames(user=alice, selection=selection, places=places)
    assert len(queries) == 2
    assert {place: sorted(pks) for place, pks in held.items()} == {
        (task.id, 3): [publication.pk, truth.pk],
        (task.id, 11): [publication.pk],
        (task.id, 14): [truth.pk],
    }


def test_the_page_refuses_what_has_no_results(
    published: tuple[Publication, Task], web: Client
) -> None:
    publication, _ = published
    url = f"/selections/{publication.selection_id}/build"
    answer = web.post(url, {"annotations": "coco", "annotations_from": 999})
    assert answer.status_code == 400
    assert "Annotations from: This publication has no results" in answer.content.decode()
    assert not Archive.objects.exists()


@pytest.mark.parametrize("key", list(FORMATS))
def test_every_format_holds_the_results(
    key: str, alice: User, standin: StandIn, connection: Connection
) -> None:
    publication, case = publish_recorded(alice, standin, connection, "shapes")
    archive = exported(publication, annotations=key)
    said = archive.remarks["annotations"]
    assert about(archive)["resized_count"] == 0
    assert said["problems_count"] == 0
    reference = sum(map(len, case.reference().values()))
    assert said["objects_count"] + sum(said["left_out"].values()) == reference
