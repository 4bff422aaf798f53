"""What is annotated on a frame, through the API: recorded tasks, rights, errors, what is asked of
CVAT."""

from __future__ import annotations

import io
import json
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from portal.caching import lock
from selector import annotation_files
from selector.bounded_folder import REMAINING_SHARE
from selector.models import Connection
from selector.services import frame_annotations
from standin.server import StandIn
from tests.annotated import ALL, differences
from tests.conftest import empty_cache
from tests.recorded import FOLDER
from tests.selector.annotation_answers import compared, opened, without
from tests.selector.picture_answers import refused

SHAPES, SKELETONS = FOLDER / "annotated" / "shapes", FOLDER / "annotated" / "skeletons"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where annotations are kept, of this test alone."""
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    return settings.ANNOTATIONS_DIR


def ask(api: APIClient, job_id: int, frame: int) -> dict[str, Any]:
    response = api.get(f"/api/jobs/{job_id}/annotations", {"frame": frame})
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "private, no-store"
    return dict(response.json())


@pytest.mark.parametrize("recorded", ALL, ids=lambda path: path.name)
def test_objects_are_those_of_the_recorded_job(
    api: APIClient, connection: Connection, standin: StandIn, recorded: Path
) -> None:
    case = opened(standin, recorded)
    for job in case.jobs:
        if job.frame_count < job.stop_frame - job.start_frame + 1:
            continue  # a ground-truth job over chosen frames
        expected = case.objects([job])
        for frame in range(job.start_frame, job.stop_frame + 1):
            own = [without(each) for each in expected.get(frame, [])]
            if frame in expected:
                assert differences(compared(ask(api, job.id, frame)), own) == ([], []), frame


def test_labels_have_colours_and_the_lines_of_skeletons(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    [job] = opened(standin, SKELETONS).jobs
    person, box, cat = ask(api, job.id, 0)["labels"]
    assert (person["name"], box["name"], cat["name"]) == ("person", "box", "cat")
    assert person["color"].startswith("#")
    assert person["edges"] == [[323, 326], [326, 324], [324, 325]]
    assert [each["name"] for each in person["sublabels"]] == ["right_knee", "nose", "left eye", "1"]
    assert box["edges"] == []


def test_nothing_says_who_annotated(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    [job] = opened(standin, SHAPES).jobs
    response = api.get(f"/api/jobs/{job.id}/annotations", {"frame": 0})
    assert b"alice" not in response.content
    assert b"@" not in response.content


def test_a_job_is_read_once_until_it_changes(
    api: APIClient, connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_annotations, "DATE_SECONDS", 0)  # cached values expire at once
    [job] = opened(standin, SHAPES).jobs
    first = ask(api, job.id, 0)
    assert ask(api, job.id, 1)["objects"] != first["objects"]
    assert ask(api, job.id, 0) == first
    assert read(standin, job.id) == 1
    standin.world.jobs[job.id].updated_date += timedelta(seconds=1)
    ask(api, job.id, 0)
    assert read(standin, job.id) == 2


def read(standin: StandIn, job_id: int) -> int:
    """How often the annotations of a job were requested from CVAT."""
    path = f"/api/jobs/{job_id}/annotations"
    return len([seen for seen in standin.requests if seen.path == path])


def test_carol_gets_the_annotations_of_her_job_alone(
    api: APIClient, connection: Connection, carol: APIClient, standin: StandIn
) -> None:
    jobs = standin.world.tasks[1].jobs
    for job in jobs[1:3]:
        ask(api, job.id, job.start)  # on disk now
    ask(carol, jobs[2].id, jobs[2].start)
    address = f"/api/jobs/{jobs[1].id}/annotations"
    refused(carol.get(address, {"frame": jobs[1].start}), 403, "cvat_forbidden")
    refused(carol.get(address, {"frame": 0, "connection": connection.pk}), 404, "not_found")


def test_who_loses_the_job_gets_nothing(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    first, second = standin.world.tasks[1].jobs[:2]
    ask(api, first.id, 0)
    for token in standin.world.access_tokens.values():
        token.revoked = True
    address = "/api/jobs/{}/annotations"
    refused(api.get(address.format(second.id), {"frame": second.start}), 401, "cvat_unauthorized")
    refused(api.get(address.format(first.id), {"frame": 0}), 409, "not_connected")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "invalid"),
        ("?frame=x", 400, "invalid"),
        ("?frame=-1", 400, "invalid"),
        ("?frame=0&quality=original", 400, "invalid"),
        ("?frame=999999", 404, "not_found"),
        ("?frame=99999999999999999999", 400, "invalid"),
    ],
)
def test_wrong_parameters(
    api: APIClient, connection: Connection, query: str, status: int, code: str
) -> None:
    refused(api.get(f"/api/jobs/1/annotations{query}"), status, code)


def test_a_job_that_is_not_there(api: APIClient, connection: Connection) -> None:
    refused(api.get("/api/jobs/99999/annotations?frame=0"), 404, "cvat_not_found")


def test_errors_of_cvat_are_told_and_pass(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    [job] = opened(standin, SHAPES).jobs
    standin.faults.fail("/annotations", status=500)
    refused(api.get(f"/api/jobs/{job.id}/annotations?frame=0"), 502, "cvat_broken")
    standin.faults.clear()
    assert ask(api, job.id, 0)["objects"]


def test_a_job_that_another_request_reads_for_long_is_busy(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frame_annotations, "LOCK_PATIENCE", 0.01)
    [job] = opened(standin, SHAPES).jobs
    with lock(frame_annotations._key(connection, job.id)):
        answer = api.get(f"/api/jobs/{job.id}/annotations?frame=0")
    refused(answer, 503, "busy")
    assert int(answer["Retry-After"]) > 0


def test_objects_that_no_file_can_hold_are_counted_as_problems(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    [job] = opened(standin, SHAPES).jobs
    before = ask(api, job.id, 0)
    held = standin.world.jobs[job.id].annotations
    first = next(each for each in held["shapes"] if each["frame"] == 0)
    strange = [
        first | {"z_order": 2**70},
        first | {"id": 2**70},
        first | {"points": [1e308] * 4, "type": "rectangle"},
        first | {"type": "skeleton", "points": [], "elements": [first | {"type": "tag"}]},
        first | {"frame": 2**70},
    ]
    held["shapes"] += strange
    held["tracks"].append({"id": 5, "label_id": first["label_id"], "shapes": [{"frame": 2**70}]})
    standin.world.jobs[job.id].updated_date += timedelta(seconds=1)
    empty_cache()
    after = ask(api, job.id, 0)
    assert after["problems_count"] == before["problems_count"] + 5  # the one on no frame is on none
    assert after["objects"] == before["objects"]


def test_half_a_character_and_what_is_nested_too_deeply_end_no_reading(folder: Path) -> None:
    odd = b'{"id": 1, "frame": 0, "source": "\\ud800"}'
    deep = b'{"frame": 0, "points": %s%s}' % (b"[" * 100_000, b"]" * 100_000)
    answer = io.BytesIO(b'{"shapes": [%s, %s]}' % (odd, deep))
    with closing(annotation_files.save("key", answer)) as file:
        part = json.loads(file.on_frames([0], deleted=()))
    assert part["shapes"] == [{"id": 1, "frame": 0, "source": "\ud800"}]
    assert part["tracks"] == [None]  # left out, and counted on every frame


def test_a_long_answer_needs_no_room_in_the_folder_for_temporary_files(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    [job] = opened(standin, SHAPES).jobs
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert ask(api, job.id, 0)["objects"]


def test_a_damaged_file_is_read_anew(
    api: APIClient, connection: Connection, standin: StandIn, folder: Path
) -> None:
    [job] = opened(standin, SHAPES).jobs
    before = ask(api, job.id, 0)
    [file] = folder.glob("??/*.sqlite3")
    file.write_bytes(b"nothing of use" * 500)
    assert ask(api, job.id, 0) == before
    assert read(standin, job.id) == 2


def test_the_least_recently_used_files_are_removed(
    api: APIClient, connection: Connection, standin: StandIn, folder: Path, settings: Any
) -> None:
    jobs = [opened(standin, each).jobs[0] for each in (SHAPES, SKELETONS)]
    ask(api, jobs[0].id, 0)
    [first] = folder.glob("??/*.sqlite3")
    settings.ANNOTATIONS_MAX_BYTES = int((first.stat().st_size + 1) / REMAINING_SHARE)
    ask(api, jobs[1].id, 0)
    [second] = folder.glob("??/*")
    assert second != first
    annotation_files.folder().remove_old()
    assert second.exists()
