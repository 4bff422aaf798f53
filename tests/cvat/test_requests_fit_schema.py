"""What the portal sends to change something in CVAT, held against the schema of CVAT 2.54.1.

recordings/schema/requests.json has these requests as /api/schema/ describes them, without the texts
and without what the recorded fork adds."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cvat import login
from cvat.annotation_json import read_annotations
from cvat.annotations import Shape
from cvat.writing import FileOnDisk, NewProject, NewTask, OrderedPicture, TaskData
from cvat.writing.conversion import convert, with_ids
from standin import handler
from standin.messages import Answer, Request
from standin.pictures import jpeg, numbered
from standin.server import StandIn
from standin.site import Site
from tests.annotated import ALL, Case
from tests.cvat.writing_clients import world_to_write_to, writer
from tests.recorded import FOLDER

SCHEMA = json.loads((FOLDER / "schema" / "requests.json").read_text())
ANNOTATIONS = "PATCH /api/jobs/{id}/annotations/"
NAMES = ("a.jpg", "b/2.jpg", "b/10.jpg")
LABELS = (
    {
        "name": "car",
        "type": "rectangle",
        "color": "#33aa7f",
        "attributes": [
            {
                "name": "colour",
                "input_type": "select",
                "mutable": False,
                "values": ["red", "blue"],
                "default_value": "red",
            }
        ],
    },
    {
        "name": "person",
        "type": "skeleton",
        "attributes": [],
        "sublabels": [{"name": "head", "type": "points", "attributes": []}],
        "svg": '<circle data-label-name="head"/>',
    },
)


def closed(schema: Any) -> Any:
    """The schema, which then refuses keys that it does not name: CVAT ignores most of them."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(each) for key, each in schema.items()}
    return {"additionalProperties": False, **result} if "properties" in schema else result


COMPONENTS = closed(SCHEMA["components"])


def problems(name: str, body: Any) -> list[str]:
    schema = {**closed(SCHEMA["requests"][name]), "components": COMPONENTS}
    errors = Draft202012Validator(schema).iter_errors(body)
    return [f"{name} {error.json_path}: {error.message[:200]}" for error in errors]


def named(request: Request) -> str:
    path = re.sub(r"/\d+(?=/|$)", "/{id}", request.path)
    known = (f"{request.method} {path}", f"{request.method} {path}/")
    return next((name for name in known if name in SCHEMA["requests"]), known[0])


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The changes with a body of JSON that a stand-in gets."""
    changes: list[tuple[str, Any]] = []
    respond = handler.respond

    def watched(request: Request, site: Site) -> Answer:
        if "json" in request.headers.get("Content-Type", ""):
            changes.append((named(request), json.loads(request.body)))
        return respond(request, site)

    monkeypatch.setattr(handler, "respond", watched)
    return changes


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn(world_to_write_to()) as running:
        yield running


@pytest.fixture
def pictures(tmp_path: Path) -> FileOnDisk:
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as out:
        for number, name in enumerate(NAMES):
            out.writestr(name, jpeg(numbered(number, (64, 48)), 75))
    return FileOnDisk(path)


def make_tasks(site: StandIn, pictures: FileOnDisk) -> list[int]:
    """A task of each way in which frames and jobs are made, and the last one in a project."""
    made = writer(site)
    place = {"organization": "acme", "labels": LABELS}
    project = made.ensure_project(NewProject("A project", "marker p", **place))
    order = tuple(OrderedPicture(name, 64, 48) for name in NAMES)
    ways = [
        (NewTask("mapped", "marker 1", **place), TaskData((NAMES[:2], NAMES[2:]))),
        (
            NewTask("ordered", "marker 2", segment_size=2, overlap=1, **place),
            TaskData(order=order, chunk_size=10),
        ),
        (
            NewTask(
                "all",
                "marker 3",
                project_id=project,
                subset="Train",
                assignee_id=site.world.user("bob").id,
                consensus_replicas=2,
            ),
            TaskData(ground_truth=NAMES[:1], image_quality=95),
        ),
    ]
    numbers = []
    for task, data in ways:
        numbers.append(made.ensure_task(task))
        made.upload_pictures(numbers[-1], pictures, lambda data=data: data)
        site.site.creations.wait()
    return numbers


def test_every_request_that_changes_something_fits(
    site: StandIn, sent: list[tuple[str, Any]], pictures: FileOnDisk
) -> None:
    server = login.Server(site.url)
    key = login.sign_in(server, "alice", "alice-password")
    token = login.make_token(server, key, name="The portal", days=90)
    assert token.access_token_id is not None
    login.prolong_token(server, key, token_id=token.access_token_id, days=90)
    task_id, *_ = make_tasks(site, pictures)
    made, bob = writer(site), site.world.user("bob")
    [job, *_] = site.world.tasks[task_id].jobs
    truth = made.ensure_ground_truth_job(task_id, [0, 2], assignee_id=bob.id)
    made.update_job(truth.id, stage="acceptance", state="completed")
    made.update_job(job.id, stage="validation", state="new", assignee_id=bob.id)
    made.update_job(job.id, assignee_id=None)
    made.ensure_issue(job.id, 1, (0, 0, 64, 48), "Blurred")
    car = site.world.tasks[task_id].labels[0].id
    made.create_annotations(job.id, {"tags": [{"frame": 0, "label_id": car}]})
    assert {name for name, _ in sent} == SCHEMA["requests"].keys()
    found = [problem for name, body in sent for problem in problems(name, body)]
    assert not found, "\n".join(found)


def shapes_of(case: Case) -> Iterable[Shape]:
    for path in sorted(case.folder.glob("annotations-job-*.json")):
        with path.open("rb") as file:
            yield from read_annotations(file, case.labels).shapes


@pytest.mark.parametrize("folder", ALL, ids=lambda path: path.name)
def test_recorded_objects_are_sent_in_a_form_that_fits(folder: Path) -> None:
    case = Case(folder)
    shapes = list(shapes_of(case))
    frames = {shape.frame: max(shape.frame, 0) for shape in shapes}
    result = convert(shapes, case.labels, frames=frames)
    assert len(result.shapes) + len(result.tags) + len(result.left_out) == len(shapes)
    found = problems(ANNOTATIONS, result.objects) + problems(ANNOTATIONS, with_ids(shapes))
    assert not found, "\n".join(found[:10])
