"""YOLO poses whose points have no names, as CVAT exports them, copied to a task with skeletons."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from publishing import services
from publishing.copying import CopyOptions
from selector.models import Connection
from standin.annotated import add_annotated_task
from standin.model import Task
from standin.server import StandIn
from tests.recorded import FOLDER

# Lines of the export of this task by a real CVAT: four points of a person, three of a cat.
SKELETONS = FOLDER / "annotated" / "skeletons"
DATA = "kpt_shape:\n- 4\n- 3\nnames:\n  0: person\n  1: cat\npath: .\ntrain: train.txt\n"
PERSON = (
    "0 0.351562 0.468750 0.234375 0.729167 0.234375 0.833333 2 0.390625 0.104167 2 "
    "0.468750 0.208333 2 0.312500 0.520833 2"
)
CAT = (
    "1 0.429688 0.468750 0.546875 0.312500 0.703125 0.625000 2 0.156250 0.416667 2 "
    "0.390625 0.312500 2 0.0 0.0 0"
)
ABSENT = (
    "0 0.402344 0.489583 0.132812 0.687500 0.390625 0.833333 2 0.468750 0.145833 1 "
    "0.546875 0.208333 0 0.335938 0.552083 2"
)
FILES = {"data.yaml": DATA, "labels/train/sk_02.txt": f"{PERSON}\n{CAT}\n"}


def packed(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


@pytest.fixture
def recorded(standin: StandIn) -> Task:
    """The task that the lines are of, with its annotations."""
    for user in standin.world.users.values():
        user.is_superuser |= user.username == "demo"
    return add_annotated_task(standin.world, SKELETONS)


@pytest.fixture
def bare(recorded: Task) -> Task:
    """The same without annotations."""
    for job in recorded.jobs:
        job.annotations = None
    return recorded


def looked_at(connection: Connection, task: Task, files: dict[str, str]) -> services.CopyCheck:
    source = services.read_file(user=connection.owner, name="poses.zip", data=packed(files))
    options = CopyOptions(source.name, add=True)
    return services.check_copy(
        source=source, connection=connection, task_id=task.id, options=options
    )


def test_they_are_where_cvat_had_them(connection: Connection, recorded: Task) -> None:
    """Those of the third frame are in the task as they are in the export. To be in one place, all
    points must have the same names."""
    check = looked_at(connection, recorded, FILES)
    assert (check.left_out, check.already, check.objects_count) == ({}, 2, 0)
    assert check.ordered_points == ["cat", "person"]


def test_points_get_the_names_of_the_task(connection: Connection, bare: Task) -> None:
    check = looked_at(connection, bare, {"data.yaml": DATA, "labels/train/sk_07.txt": ABSENT})
    [job] = check.jobs
    [shape] = job.objects["shapes"]
    names = {part.id: part.name for label in bare.labels for part in label.sublabels}
    points = [
        (names[each["label_id"]], each["points"], each["occluded"], each["outside"])
        for each in shape["elements"]
    ]
    assert points == [
        ("right_knee", [50, 80], False, False),
        ("nose", [60, 14], True, False),
        ("left eye", [70, 20], False, True),
        ("1", [43, 53], False, False),
    ]


@pytest.mark.parametrize(
    ("line", "data", "reason"),
    [
        (CAT.replace("0.0 0.0 0", "0.1 0.1 2"), DATA, "it has 4, and “cat” of the task has 3"),
        (CAT.replace("1 0", "0 0", 1), DATA.replace("person\n  1: ", ""), "it has 4, and “cat”"),
        (PERSON, DATA.replace("0: person", "0: box"), "the label “box” of the task is no skeleton"),
        (PERSON, DATA.replace("0: person", "0: dog"), "the task has no label “dog”"),
    ],
)
def test_other_numbers_of_points_are_refused(
    connection: Connection, bare: Task, line: str, data: str, reason: str
) -> None:
    """Zeros may follow the points in a file with several classes alone."""
    check = looked_at(connection, bare, {"data.yaml": data, "labels/train/sk_02.txt": line})
    [told] = check.left_out
    assert reason in told
    assert not check.jobs
    assert not check.ordered_points


def test_the_page_and_the_api_say_so(
    web: Client, api: APIClient, connection: Connection, bare: Task
) -> None:
    data = packed(FILES)
    form: dict[str, Any] = {
        "source_connection": connection.pk,
        "connection": connection.pk,
        "task": bare.id,
        "look": "1",
        "file": io.BytesIO(data),
    }
    form["file"].name = "poses.zip"
    words = " ".join(web.post("/publications/copy-annotations", form).text.split())
    assert "Those of “cat”, “person” are taken in the order in which" in words
    body = {
        "connection": connection.pk,
        "task_id": bare.id,
        "zip_base64": base64.b64encode(data).decode(),
        "dry_run": True,
    }
    answer = api.post("/api/copy-annotations", body).json()
    assert (answer["ordered_points"], answer["objects_count"]) == (["cat", "person"], 2)
