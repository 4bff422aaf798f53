"""Annotations copied to the pictures of the same names in another task, each object once."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from cvat import client as cvat_client
from cvat.writing import AnnotationWriter
from portal.exceptions import Conflict, InvalidInput
from publishing import services, tasks
from publishing.copying import CopyOptions, left_out_in_words
from publishing.exceptions import ChoiceNeeded
from publishing.models import Publication, WritePermission
from publishing.services import carrying_out, copying_annotations, requesting
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from standin.world import World
from tests.conftest import connect
from tests.publishing.making import LOST, annotate, carried_out
from tests.selections.conftest import HASTY

# The heartbeat of the work has a database connection of its own, which must see the row.
pytestmark = pytest.mark.usefixtures("transactional_db", "sent")

COLOUR = {"name": "colour", "input_type": "select", "values": ["red", "blue"]}
OTHER_COLOUR = {"name": "colour", "input_type": "select", "values": ["red", "green"]}
NAMES = ["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/3.jpg", "c/4.jpg", "c/5.jpg"]
# The same pictures in another order; c/4.jpg in another folder, and c/5.jpg is not there.
OTHER_NAMES = ["b/3.jpg", "b/1.jpg", "new/4.jpg", "a/2.jpg", "a/1.jpg", "a/9.jpg"]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries as a worker's, without their long waits."""
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)


@pytest.fixture
def old(standin: StandIn) -> Task:
    """Six pictures in two jobs: on picture k a box at x = 10 * k + 1, and a tag on the first."""
    labels = [{"name": "car", "attributes": [COLOUR]}, "person"]
    task = standin.world.add_task("Old", owner="demo", images=NAMES, segment_size=3, labels=labels)
    for job in task.jobs:
        boxes = [box(task, frame, "blue" if frame == 1 else "red") for frame in job.frames]
        tags = [{"frame": 0, "label_id": task.labels[1].id}] if 0 in job.frames else []
        annotate(standin, job, shapes=boxes, tags=tags)
    return task


@pytest.fixture
def new(standin: StandIn) -> Task:
    labels = ["person", {"name": "car", "attributes": [OTHER_COLOUR]}]
    return standin.world.add_task(
        "New", owner="demo", images=OTHER_NAMES, segment_size=3, labels=labels
    )


def box(task: Task, frame: int, colour: str, *, left: int | None = None) -> dict[str, Any]:
    """A car."""
    [car] = [label for label in task.labels if label.name == "car"]
    left = 10 * frame + 1 if left is None else left
    return {
        "type": "rectangle",
        "frame": frame,
        "label_id": car.id,
        "points": [left, 1, left + 5, 9],
        "attributes": [{"spec_id": car.attributes[0]["id"], "value": colour}],
    }


def look(
    connection: Connection, old: Task, new: Task, **options: Any
) -> tuple[services.CopyCheck, CopyOptions]:
    source = services.read_source(
        connection=connection, task_id=old.id, to_connection=connection, to_task_id=new.id
    )
    chosen = CopyOptions(source.name, **options)
    check = services.check_copy(
        source=source, connection=connection, task_id=new.id, options=chosen
    )
    return check, chosen


def ask(connection: Connection, old: Task, new: Task, **options: Any) -> Publication:
    check, chosen = look(connection, old, new, **options)
    return services.request_copy(user=connection.owner, check=check, options=chosen)


def boxes(task: Task) -> dict[str, list[float]]:
    """The left edges of the boxes on each picture of the task, by its name."""
    names = OTHER_NAMES if task.name == "New" else NAMES
    lefts: dict[str, list[float]] = {}
    for job in task.jobs:
        for shape in (job.annotations or {"shapes": []})["shapes"]:
            lefts.setdefault(names[shape["frame"]], []).append(shape["points"][0])
    return lefts


def test_more_than_a_publication_can_hold_is_refused(
    connection: Connection,
    permission: WritePermission,
    old: Task,
    new: Task,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The row is written at once: on SQLite nobody else can write meanwhile."""
    assert requesting.LARGEST <= 12 * 2**20
    monkeypatch.setattr(requesting, "LARGEST", 100)
    with pytest.raises(InvalidInput, match="The objects to copy are larger than"):
        ask(connection, old, new, partly=True)
    assert not Publication.objects.exists()


EXPECTED = {"a/1.jpg": [1], "a/2.jpg": [11], "b/1.jpg": [21], "b/3.jpg": [31], "new/4.jpg": [41]}


def test_each_object_comes_to_the_picture_of_its_name(
    connection: Connection, permission: WritePermission, old: Task, new: Task
) -> None:
    done = carried_out(ask(connection, old, new, partly=True))
    assert (done.status, done.error, done.frames_done) == ("ready", "", 5)
    assert done.plan == {}  # up to 12 MB
    assert boxes(new) == EXPECTED
    tags = [tag for job in new.jobs for tag in job.annotations["tags"]]
    assert [(tag["frame"], tag["label_id"]) for tag in tags] == [(4, new.labels[0].id)]
    assert done.result_url == f"{connection.url}/tasks/{new.id}"
    assert [step["request"] for step in done.steps] == [
        f"PATCH /api/jobs/{job.id}/annotations?action=create" for job in new.jobs
    ]


def test_everything_that_does_not_fit_is_named_and_stops_it(
    connection: Connection, permission: WritePermission, old: Task, new: Task
) -> None:
    check, _ = look(connection, old, new)
    assert [(each.picture.name, each.reason) for each in check.unmatched] == [
        ("c/5.jpg", "no picture of the task has this name")
    ]
    assert check.left_out == {
        "objects on pictures without a counterpart: no picture of the task has this name": 1,
        "attribute values: “car” of the task has no attribute “colour”, or not this value of it": 1,
    }
    assert (check.matched_count, check.match.by_base_name, check.objects_count) == (5, 1, 6)
    with pytest.raises(ChoiceNeeded, match="Not everything fits"):
        ask(connection, old, new)
    assert not Publication.objects.exists()


@pytest.mark.parametrize(
    ("counted", "one", "more"),
    [
        ("objects: no box", "1 object: no box", "2,000 objects: no box"),
        ("attribute values: a: b", "1 attribute value: a: b", "2,000 attribute values: a: b"),
        ("It is: broken.", "It is: broken: 1", "It is: broken: 2,000"),
    ],
)
def test_what_is_left_out_is_counted_in_words(counted: str, one: str, more: str) -> None:
    assert (left_out_in_words(counted, 1), left_out_in_words(counted, 2000)) == (one, more)


def test_equal_names_are_ambiguous(connection: Connection, standin: StandIn, old: Task) -> None:
    names = ["x/1.jpg", "x/2.jpg", "y/2.jpg", "x/3.jpg"]
    other = standin.world.add_task("Other", owner="demo", images=names, labels=["car"])
    check, _ = look(connection, old, other)
    assert {each.picture.name: each.reason for each in check.unmatched} == {
        "a/1.jpg": "several pictures here have this name",
        "b/1.jpg": "several pictures here have this name",
        "a/2.jpg": "several pictures of the task have this name",
        "c/4.jpg": "no picture of the task has this name",
        "c/5.jpg": "no picture of the task has this name",
    }
    assert check.match.frames == {3: 3}


def test_labels_are_assigned_by_a_table(
    connection: Connection, permission: WritePermission, standin: StandIn, old: Task
) -> None:
    other = standin.world.add_task("Other", owner="demo", images=NAMES, labels=["vehicle"])
    check, _ = look(connection, old, other)
    assert [(row.name, row.objects_count, row.of_task) for row in check.labels] == [
        ("car", 6, None),
        ("person", 1, None),
    ]
    with pytest.raises(InvalidInput, match=r"has no label “van”\. It has: vehicle"):
        look(connection, old, other, labels={"car": "van"})
    labels = {"car": "vehicle", "person": ""}
    with pytest.raises(ChoiceNeeded, match="colour"):  # attributes have no counterpart
        ask(connection, old, other, labels=labels)
    done = carried_out(ask(connection, old, other, labels=labels, partly=True))
    assert (done.status, done.error) == ("ready", "")
    assert boxes(other) == {name: [10 * k + 1] for k, name in enumerate(NAMES)}


def test_frames_with_objects_are_refused_until_it_is_said(
    connection: Connection, permission: WritePermission, standin: StandIn, old: Task, new: Task
) -> None:
    """One of the objects that are there is equal to one that comes."""
    annotate(standin, new.jobs[0], shapes=[box(new, 1, "red", left=21), box(new, 0, "red", left=7)])
    with pytest.raises(ChoiceNeeded, match=r"objects already on 1 frame of task \d+ \(0\)"):
        ask(connection, old, new, partly=True)
    done = carried_out(ask(connection, old, new, partly=True, add=True))
    assert (done.status, done.error) == ("ready", "")
    assert boxes(new) == {**EXPECTED, "b/3.jpg": [7, 31]}
    check, _ = look(connection, old, new, partly=True)
    assert (check.jobs, check.already, check.occupied) == ([], 6, [])
    with pytest.raises(Conflict, match="nothing to copy"):
        ask(connection, old, new, partly=True)


def test_what_differs_in_the_same_place_is_told_and_stays(
    connection: Connection, permission: WritePermission, new: Task, old: Task, standin: StandIn
) -> None:
    """Another rotation is another place; another attribute, or an occlusion, is a difference."""
    red = new.labels[1].attributes[0]["id"]
    there = [
        box(new, 4, "green", left=1),
        {**box(new, 1, "red", left=21), "occluded": True},
        {**box(new, 0, "red", left=31), "rotation": 30},
    ]
    for each in there:
        [job] = [job for job in new.jobs if job.holds(each["frame"])]
        annotate(standin, job, shapes=[each])
    check, _ = look(connection, old, new, partly=True, add=True)
    assert (check.differing, check.differing_count, check.already) == ({1: 1, 4: 1}, 2, 0)
    assert check.objects_count == 4
    done = carried_out(ask(connection, old, new, partly=True, add=True))
    assert (done.status, done.error) == ("ready", "")
    assert boxes(new) == {**EXPECTED, "b/3.jpg": [31, 31]}
    shapes = [each for job in new.jobs for each in job.annotations["shapes"]]
    values = {each["frame"]: each["attributes"] for each in shapes if each["frame"] == 4}
    assert values == {4: [{"spec_id": red, "value": "green"}]}
    with pytest.raises(Conflict, match="in the same places already"):
        ask(connection, old, new, partly=True)


def test_another_size_is_told(connection: Connection, standin: StandIn, old: Task) -> None:
    other = standin.world.add_task(
        "Other", owner="demo", images=NAMES[:2], labels=["car"], size=(33, 22)
    )
    check, _ = look(connection, old, other)
    assert [(each.picture.name, each.width, each.height) for each in check.match.resized] == [
        ("a/1.jpg", 33, 22),
        ("a/2.jpg", 33, 22),
    ]


@pytest.fixture
def film(standin: StandIn) -> Task:
    return standin.world.add_task(
        "film", owner="demo", video=True, count=2, size=(33, 21), labels=["car"]
    )


def test_pictures_of_a_video_have_even_sides(
    connection: Connection, standin: StandIn, film: Task
) -> None:
    """In a task that was made of its frames, too (cvat-api 7.3)."""
    [car] = film.labels
    shape = {"type": "rectangle", "frame": 1, "label_id": car.id, "points": [1, 1, 6, 9]}
    annotate(standin, film.jobs[0], shapes=[shape])
    names = ["frame_000000.png", "frame_000001.png"]
    pictures = standin.world.add_task(
        "pictures", owner="demo", images=names, labels=["car"], size=(34, 22)
    )
    check, _ = look(connection, film, pictures)
    assert check.match.frames == {0: 0, 1: 1}
    assert check.match.resized == []


@pytest.mark.parametrize("size", [(33, 21), (34, 22), (35, 21)])
def test_files_have_the_size_of_a_video_or_that_of_its_pictures(
    connection: Connection, film: Task, size: tuple[int, int]
) -> None:
    """CVAT's exports have the former, files made from the pictures the latter."""
    width, height = size
    text = f"""<annotations><image id="1" name="frame_000001" width="{width}" height="{height}">
        <box label="car" occluded="0" xtl="11.5" ytl="6.5" xbr="21.5" ybr="14.5" z_order="0"/>
        </image></annotations>"""
    check = look_at_file(connection, text.encode(), film)
    assert points_of(check) == [[11.5, 6.5, 21.5, 14.5]]
    assert len(check.match.resized) == (width == 35)


def test_shares_of_a_picture_are_those_of_the_video(connection: Connection, film: Task) -> None:
    """As in CVAT's YOLO exports: its objects are in pixels of the video."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("data.yaml", "names:\n  0: car\npath: .\ntrain: train.txt\n")
        line = f"0 0.5 0.5 {10 / 33:.6f} {8 / 21:.6f}\n"
        archive.writestr("labels/train/frame_000001.txt", line)
    check = look_at_file(connection, content.getvalue(), film)
    assert points_of(check) == [[11.5, 6.5, 21.5, 14.5]]


def look_at_file(connection: Connection, data: bytes, task: Task) -> services.CopyCheck:
    source = services.read_file(user=connection.owner, name="a file", data=data)
    return services.check_copy(
        source=source, connection=connection, task_id=task.id, options=CopyOptions(source.name)
    )


def points_of(check: services.CopyCheck) -> list[list[float]]:
    return [shape["points"] for job in check.jobs for shape in job.objects["shapes"]]


@pytest.mark.parametrize(("status", "is_late"), LOST)
def test_a_lost_answer_copies_nothing_twice(
    connection: Connection,
    permission: WritePermission,
    old: Task,
    new: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    status: int | None,
    is_late: bool,
) -> None:
    """In batches of two objects, of which any may be lost."""
    monkeypatch.setattr(copying_annotations, "OBJECTS_AT_ONCE", 2)
    lost = standin.faults.lose("annotations", method="PATCH", status=status, carried_out=is_late)
    done = carried_out(ask(connection, old, new, partly=True))
    assert (lost.hits, done.status, done.error) == (1, "ready", "")
    assert boxes(new) == EXPECTED


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("deaths_after", [1, 2, 3, 4])
def test_after_a_kill_the_next_worker_goes_on(
    connection: Connection,
    permission: WritePermission,
    old: Task,
    new: Task,
    monkeypatch: pytest.MonkeyPatch,
    deaths_after: int,
) -> None:
    """Killed behind the n-th of four requests that add objects."""
    monkeypatch.setattr(copying_annotations, "OBJECTS_AT_ONCE", 2)
    publication = ask(connection, old, new, partly=True)
    real, count = AnnotationWriter.create_annotations, 0

    def fatal(*args: Any, **kwargs: Any) -> int:
        nonlocal count
        real(*args, **kwargs)
        count += 1
        if count == deaths_after:
            raise Killed
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(AnnotationWriter, "create_annotations", fatal)
        with pytest.raises(Killed):
            carrying_out.publish(publication.pk)
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    Publication.objects.filter(pk=publication.pk).update(heartbeat_at=long_ago)
    done = carried_out(publication)
    assert (done.status, done.attempts) == ("ready", 2)
    assert boxes(new) == EXPECTED


def test_one_that_is_cancelled_does_not_keep_the_objects(
    connection: Connection, permission: WritePermission, old: Task, new: Task
) -> None:
    publication = ask(connection, old, new, partly=True)
    tasks.clear_debris()
    publication.refresh_from_db()
    assert publication.plan["jobs"]
    services.cancel_publication(publication=publication)
    tasks.clear_debris()
    publication.refresh_from_db()
    assert publication.plan == {}


def test_between_two_servers(
    alice: User,
    connection: Connection,
    permission: WritePermission,
    new: Task,
    settings: Any,
) -> None:
    """Read from the one, written to the other."""
    with StandIn(World()) as second:
        second.world.add_user("demo", "demo-password")
        settings.CVAT_ALLOWED_URLS = [connection.url, second.url]
        task = second.world.add_task("Far", owner="demo", images=NAMES[:2], labels=["car"])
        [job] = task.jobs
        car = task.labels[0].id
        shape = {"type": "rectangle", "frame": 1, "label_id": car, "points": [1, 2, 3, 4]}
        annotate(second, job, shapes=[shape])
        far = connect(alice, second)
        source = services.read_source(
            connection=far, task_id=task.id, to_connection=connection, to_task_id=new.id
        )
        options = CopyOptions(source.name)
        check = services.check_copy(
            source=source, connection=connection, task_id=new.id, options=options
        )
        publication = services.request_copy(user=alice, check=check, options=options)
        assert carried_out(publication).status == "ready"
    assert boxes(new) == {"a/2.jpg": [1]}


def test_asked_twice_it_is_one_and_two_at_once_are_refused(
    connection: Connection, permission: WritePermission, old: Task, new: Task
) -> None:
    first = ask(connection, old, new, partly=True)
    assert ask(connection, old, new, partly=True) == first
    with pytest.raises(Conflict, match="being copied into this task already"):
        ask(connection, old, new, partly=True, labels={"person": ""})
