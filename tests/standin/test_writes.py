"""Recorded writes to a real CVAT, sent to the stand-in and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from standin.server import StandIn
from tests.recorded import FOLDER, Recording
from tests.standin.replaying import assert_same, differences, plain
from tests.standin.written_world import ZIPPED, manifest, written_world, zipped

WRITES = FOLDER / "writes"
RECORDED = {each.case: each for each in map(Recording.load, sorted(WRITES.glob("*.json")))}

# New objects have ids of their own.
NEW = {"id", "url", "labels", "jobs", "issues"}


def by_bob(standin: StandIn) -> None:
    """bob is assigned to a job of each task."""
    for number in (1015, 1018):
        job = standin.world.jobs[number]
        job.assignee, job.assignee_updated_date = standin.world.user("bob"), job.updated_date


def assigned_outside(standin: StandIn) -> None:
    """bob is assigned to a job in an organization that he does not belong to."""
    standin.world.jobs[1030].assignee = standin.world.user("bob")


def with_truth(standin: StandIn) -> None:
    standin.world.add_ground_truth(standin.world.tasks[239], [1, 2, 5, 6], 1050)


def accepted(standin: StandIn) -> None:
    with_truth(standin)
    standin.world.jobs[1050].stage = "acceptance"


def completed(standin: StandIn) -> None:
    job = standin.world.jobs[1008]
    job.stage, job.state = "acceptance", "completed"


BEFORE: dict[str, Callable[[StandIn], None]] = {
    "annotations-patch-in-completed-job": completed,
    "annotations-job-after-write-in-completed-job": completed,
    "gt-annotations-put": with_truth,
    "gt-annotations-on-a-frame-outside": with_truth,
    "gt-complete": accepted,
    "gt-create-second-400": with_truth,
    "gt-delete-204": with_truth,
    "gt-job-meta": with_truth,
    "gt-task-afterwards": with_truth,
    "gt-validation-layout": with_truth,
    "org-job-as-non-member-403": assigned_outside,
    "org-list-as-non-member-403": assigned_outside,
}

FRAMES = [["a/9.jpg", "z/2.jpg"], ["a.jpg"], ["m m/ü.png", "a/10.jpg"]]
MAPPED = {"image_quality": 70, "job_file_mapping": FRAMES}
CHOSEN = {"mode": "gt", "frame_selection_method": "manual"}
# The parameters of the upload, of which the recording shows the result.
MADE_BY: dict[str, dict[str, Any]] = {
    "create-job-file-mapping-jobs": MAPPED,
    "create-job-file-mapping-task": MAPPED,
    "create-job-file-mapping-meta": MAPPED,
    "create-job-file-mapping-request-finished": MAPPED,
    "create-job-file-mapping-unknown-file-request-failed": {
        "image_quality": 70,
        "job_file_mapping": [["nope.jpg"]],
    },
    "create-job-file-mapping-with-frame-filter-request-failed": {
        **MAPPED,
        "frame_filter": "step=2",
    },
    "create-job-file-mapping-with-segment-size-request-failed": MAPPED,
    "create-job-file-mapping-with-sorting-method-request-failed": {
        **MAPPED,
        "sorting_method": "predefined",
    },
    "create-with-ground-truth-jobs": {
        "image_quality": 70,
        "validation_params": {**CHOSEN, "frames": ["a/9.jpg", "a.jpg"]},
    },
    "create-with-ground-truth-by-number-request-failed": {
        "image_quality": 70,
        "validation_params": {**CHOSEN, "frames": [0, 1]},
    },
    "create-zip-4-request-failed": {"image_quality": 70, "sorting_method": "predefined"},
    "create-zip-5-meta-of-failed-task": {"image_quality": 70, "sorting_method": "predefined"},
    "create-zip-order-lexicographical-meta": {"image_quality": 70},
    "create-zip-order-natural-meta": {"image_quality": 70, "sorting_method": "natural"},
    "create-zip-predefined-manifest-beside-meta": {
        "image_quality": 70,
        "sorting_method": "predefined",
    },
}
TASKS = {
    "create-job-file-mapping-task": {"name": "job_file_mapping"},
    "create-job-file-mapping-with-segment-size-request-failed": {"segment_size": 2},
    "create-with-ground-truth-jobs": {"segment_size": 2},
}


def prepare(standin: StandIn, recording: Recording) -> None:
    """What happened on the real server before the request."""
    case, world = recording.case, standin.world
    BEFORE.get(case, by_bob if case.startswith("assignee") else lambda standin: None)(standin)
    if "mapping" in case or "create-zip" in case or "create-with" in case or "files" in case:
        number = task_number(recording)
        options: dict[str, Any] = {"name": "x", **TASKS.get(case, {})}
        world.add_task(task_id=number, owner="alice", readiness="empty", **options)
        if case.startswith("create-files"):
            for name in ("a.jpg", "b.jpg", "c.jpg"):
                world.uploads.add(number, name, b"")
        else:
            world.uploads.add(number, "f.zip", zipped())
        if "beside" in case:
            world.uploads.add(number, "manifest.jsonl", manifest())
        if case in MADE_BY:
            path = f"{standin.url}/api/tasks/{number}/data"
            headers = {"Upload-Finish": "true", "Authorization": credentials(standin, "alice")}
            sent = requests.post(path, json=MADE_BY[case], headers=headers, timeout=10)
            assert sent.status_code == 202, sent.text
            standin.site.creations.wait()


def task_number(recording: Recording) -> int:
    if recording.path == "/api/jobs":
        return int(recording.query["task_id"])
    digits = recording.path.rpartition("target_id%3D")[2] or recording.path
    return int(digits) if digits.isdigit() else int(recording.path.split("/")[3])


def credentials(standin: StandIn, person: str) -> str:
    name, _, token = person.partition(",")
    value = standin.world.access_token(name, read_only="read-only" in token).value
    return f"Bearer {value}"


def send(standin: StandIn, recording: Recording) -> requests.Response:
    headers = {**recording.headers, "Accept-Encoding": "identity"}
    headers["Authorization"] = credentials(standin, recording.by)
    body: dict[str, Any] = {} if recording.body is None else {"json": recording.body}
    return requests.request(
        recording.method,
        standin.url + recording.path,
        params=recording.query,
        headers=headers,
        timeout=10,
        **body,
    )


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with StandIn(written_world()) as running:
        yield running


@pytest.mark.parametrize("case", RECORDED)
def test_a_write_is_answered_as_recorded(case: str, standin: StandIn) -> None:
    standin.world = written_world()
    standin.site.creations.forget()
    recording = RECORDED[case]
    prepare(standin, recording)
    answer = send(standin, recording)
    if recording.status >= 300 or recording.response.get("body") is None:
        assert_same(recording, answer, standin.url)
        return
    assert answer.status_code == recording.status, answer.text
    ours = without_new(plain(answer.json(), standin.url))
    theirs = without_new(plain(recording.response["body"], standin.url))
    found = list(differences(ours, theirs))
    assert not found, "\n".join(found)


def without_new(value: Any) -> Any:
    """The same without the ids of objects, at any depth."""
    if isinstance(value, dict):
        return {name: without_new(part) for name, part in value.items() if name not in NEW}
    if isinstance(value, list):
        return [without_new(part) for part in value]
    return value


def test_the_zip_holds_what_the_recorded_one_held() -> None:
    assert sorted(ZIPPED) == sorted(name for job in FRAMES for name in job)
