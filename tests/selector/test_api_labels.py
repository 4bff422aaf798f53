"""Labels with their counts, and frames by what is annotated on them, of recorded tasks."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from cvat.client import CvatClient
from selector.api import labels
from selector.models import Connection
from standin.server import StandIn
from tests.annotated import WITH_IMAGES, Case, Object
from tests.selector.annotated_tasks import RECORDED, frames_by, labels_of, opened, unpacked
from tests.selector.picture_answers import refused

# Where CVAT's own export has objects twice or on frames of other jobs (docs/annotations.md), or
# where there is none.
OWN_RULES = ("overlap", "bad_shapes", "mask_track")
ATTRIBUTES = RECORDED / "attributes_tags"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    return settings.ANNOTATIONS_DIR


def expected(case: Case) -> dict[int, list[Object]]:
    """The objects of each frame: those of CVAT's own export where it is right."""
    return case.objects() if case.folder.name in OWN_RULES else case.reference()


@pytest.mark.parametrize("recorded", WITH_IMAGES, ids=lambda path: path.name)
def test_counts_are_those_of_the_export(
    api: APIClient, connection: Connection, standin: StandIn, recorded: Path
) -> None:
    case = opened(standin, recorded)
    answer = labels_of(api, case)
    by_frame = expected(case)
    offered = set(frames_by(api, f"tasks/{case.task['id']}"))
    frames: defaultdict[str, set[int]] = defaultdict(set)
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    sources: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for frame in offered & by_frame.keys():
        for each in by_frame[frame]:
            frames[each["label"]].add(frame)
            kinds[each["label"]][each["kind"]] += 1
            sources[each["label"]][each["source"]] += 1
    assert [each.name for each in case.labels] == list(answer)
    for name, label in answer.items():
        assert label["frames_count"] == len(frames[name]), name
        assert label["shape_types"] == kinds[name], name
        assert label["sources"] == sources[name], name
        assert label["objects_count"] == kinds[name].total()


@pytest.mark.parametrize("recorded", WITH_IMAGES, ids=lambda path: path.name)
def test_frames_by_label_are_those_of_the_export(
    api: APIClient, connection: Connection, standin: StandIn, recorded: Path
) -> None:
    case = opened(standin, recorded)
    by_frame = expected(case)
    address = f"tasks/{case.task['id']}"
    offered = frames_by(api, address)
    for label in case.labels:
        having = {n for n in offered for each in by_frame[n] if each["label"] == label.name}
        assert frames_by(api, address, labels_any=[label.name]) == sorted(having)
        assert frames_by(api, address, labels_none=[label.name]) == sorted({*offered} - having)
    annotated = [number for number in offered if by_frame[number]]
    assert frames_by(api, address, annotated="true") == annotated
    assert frames_by(api, address, objects_from=1) == annotated
    assert frames_by(api, address, objects_to=0) == frames_by(api, address, annotated="false")


def test_conditions_are_those_of_one_object(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    case = opened(standin, ATTRIBUTES)
    address, by_frame = f"tasks/{case.task['id']}", case.reference()
    values = {
        (each["label"], name, value)
        for objects in by_frame.values()
        for each in objects
        for name, value in each["attributes"].items()
    }
    assert values
    for label, name, value in values:
        for source in ("manual", "file"):
            fits = [
                frame
                for frame, objects in by_frame.items()
                if any(
                    (each["label"], each["source"]) == (label, source)
                    and each["attributes"].get(name) == value
                    for each in objects
                )
            ]
            query = {"attribute": [f"{label}:{name}={value}"], "sources": [source]}
            assert frames_by(api, address, labels_any=[label], **query) == sorted(fits)
            assert frames_by(api, address, **query) == sorted(fits)


def test_values_of_attributes_are_counted_the_most_frequent_first(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    case = opened(standin, ATTRIBUTES)
    counted: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for objects in case.reference().values():
        for each in objects:
            for name, value in each["attributes"].items():
                counted[each["label"], name][value] += 1
    for name, label in labels_of(api, case).items():
        for attribute in label["attributes"]:
            values = {each["value"]: each["count"] for each in attribute["values"]}
            assert values == counted[name, attribute["name"]]
            counts = [each["count"] for each in attribute["values"]]
            assert counts == sorted(counts, reverse=True)


def test_counts_are_of_the_frames_that_fulfil_the_filter(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    case = opened(standin, RECORDED / "shapes")
    by_frame = case.reference()
    names = [label.name for label in case.labels]
    for wanted in names:
        address = f"/api/tasks/{case.task['id']}/frames-by-annotation"
        counts = api.get(address, {"labels_all": [wanted]}).json()["counts"]
        labels = [{each["label"] for each in objects} for objects in by_frame.values()]
        assert counts == {name: sum({name, wanted} <= each for each in labels) for name in names}


def test_a_job_counts_alone(api: APIClient, connection: Connection, standin: StandIn) -> None:
    case = opened(standin, RECORDED / "overlap")
    for job in case.jobs:
        objects = case.objects([job])
        answer = api.get(f"/api/jobs/{job.id}/labels").json()
        assert answer["annotated_frames"] == sum(map(bool, objects.values()))
        assert sum(each["objects_count"] for each in answer["labels"]) == sum(
            map(len, objects.values())
        )


def test_several_tasks_are_answered_together_as_each_alone(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    ids = [opened(standin, RECORDED / name).task["id"] for name in ("shapes", "overlap")]
    asked = {"task_ids": [*ids, ids[0]]}
    alone = [api.get(f"/api/tasks/{each}/labels").json() for each in sorted(ids)]
    assert api.get("/api/labels", asked).json() == {"tasks": alone}
    alone = [api.get(f"/api/tasks/{each}/frames-by-annotation").json() for each in sorted(ids)]
    assert api.get("/api/frames-by-annotation", asked).json() == {"tasks": alone}


def test_labels_with_their_frames(
    api: APIClient, connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = opened(standin, RECORDED / "shapes")
    path, query = f"/api/tasks/{case.task['id']}/labels", {"with_frames": "true"}
    assert all("frames" not in label for label in api.get(path).json()["labels"])
    answer = api.get(path, query).json()
    having = {
        label["name"]: frames_by(api, f"tasks/{case.task['id']}", labels_any=[label["name"]])
        for label in answer["labels"]
    }
    assert any(having.values())
    assert {label["name"]: list(unpacked(label["frames"])) for label in answer["labels"]} == having
    both = api.get("/api/labels", {**query, "task_ids": [case.task["id"]]}).json()
    assert both == {"tasks": [answer]}
    lengths = [len(label["frames"]) for label in answer["labels"]]
    monkeypatch.setattr(labels, "MOST_RUN_NUMBERS", sum(lengths) - 1)
    shorter = api.get(path, query).json()["labels"]
    assert [label["frames"] is None for label in shorter].count(True) == 1


@pytest.mark.parametrize("request_name", ["show_task", "job_dates", "job_annotations"])
def test_several_tasks_are_read_side_by_side(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    request_name: str,
) -> None:
    """One of two requests waits until the other is made as well."""
    ids = [opened(standin, RECORDED / name).task["id"] for name in ("shapes", "attributes_tags")]
    both = threading.Barrier(2)
    plain = getattr(CvatClient, request_name)

    def met(*args: Any, **kwargs: Any) -> Any:
        both.wait(timeout=20)
        return plain(*args, **kwargs)

    monkeypatch.setattr(CvatClient, request_name, met)
    answer = api.get("/api/labels", {"task_ids": ids}).json()
    assert [each["state"] for each in answer["tasks"]] == ["ready", "ready"]


def test_a_label_that_one_of_several_tasks_has_is_on_no_frame_of_the_others(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    first, second = (opened(standin, RECORDED / name) for name in ("shapes", "attributes_tags"))
    others = {label.name for label in second.labels}
    label = next(label.name for label in first.labels if label.name not in others)
    query = {"task_ids": [first.task["id"], second.task["id"]], "labels_any": [label]}
    answer = api.get("/api/frames-by-annotation", query).json()
    found = {each["task_id"]: list(unpacked(each["frames"])) for each in answer["tasks"]}
    by_frame = first.reference()
    having = [n for n in by_frame if any(each["label"] == label for each in by_frame[n])]
    assert found == {first.task["id"]: sorted(having), second.task["id"]: []}


def test_several_tasks_are_bounded_and_those_of_the_person(
    api: APIClient, connection: Connection, carol: APIClient
) -> None:
    for path in ("/api/labels", "/api/frames-by-annotation"):
        assert "task_ids" in refused(api.get(path), 400, "invalid")
        refused(api.get(path, {"task_ids": [2**31]}), 400, "invalid")
        many = api.get(path, {"task_ids": list(range(1, 22))})
        assert "20" in refused(many, 400, "invalid")
        refused(api.get(path, {"task_ids": [1, 999]}), 404, "cvat_not_found")
        own = carol.get(path, {"task_ids": [1]}).json()
        assert [each["jobs_count"] for each in own["tasks"]] == [1]
        refused(carol.get(path, {"task_ids": [1, 2]}), 403, "cvat_forbidden")


def test_carol_counts_her_job_alone(
    api: APIClient, connection: Connection, carol: APIClient, standin: StandIn
) -> None:
    task = standin.world.tasks[1]
    job = task.jobs[2]
    frames = [frame for frame in job.frames if frame not in task.deleted]
    assert api.get("/api/tasks/1/labels").json()["jobs_count"] == len(task.jobs)
    own = carol.get("/api/tasks/1/labels").json()
    assert (own["jobs_count"], own["frames_count"]) == (1, len(frames))
    assert carol.get(f"/api/jobs/{job.id}/labels").json()["labels"] == own["labels"]
    assert frames_by(carol, "tasks/1") == frames
    other = task.jobs[1].id
    refused(carol.get(f"/api/jobs/{other}/labels"), 403, "cvat_forbidden")
    refused(carol.get("/api/tasks/1/labels", {"connection": connection.pk}), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"labels_any": ["nothing"]}, "has no label “nothing”. It has “"),
        ({"labels": ["x"]}, "unknown parameter. Is labels_"),
        ({"attribute": ["x"]}, "label:name=value"),
        ({"sources": ["me"]}, "not a valid choice"),
        ({"objects_from": 3, "objects_to": 2}, "must not be smaller than objects_from"),
        ({"area_from": 2}, "less than or equal to 1"),
        ({"occluded": "maybe"}, "valid boolean"),
        ({"annotated": ["true", "false"]}, "more than once"),
    ],
)
def test_wrong_filters(
    api: APIClient, connection: Connection, query: dict[str, Any], says: str
) -> None:
    answer = api.get("/api/tasks/1/frames-by-annotation", query)
    assert says in refused(answer, 400, "invalid")
