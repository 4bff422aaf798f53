"""What CVAT refuses as a whole is not asked for frame by frame, and is said in plain words."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from selections.archives import fetching, retry_later
from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect
from tests.selections.builds import assert_whole, built, data_requests, pictures_of, select

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

DRIVE = 1


@pytest.fixture
def selection(alice: User, standin: StandIn) -> Selection:
    """Of a job that carol is to work on, and no longer may see."""
    carols = connect(alice, standin, "carol")
    chosen = select(carols, (DRIVE, None))
    standin.world.tasks[DRIVE].jobs[2].assignee = None
    standin.requests.clear()
    return chosen


def test_a_job_that_was_taken_away_is_asked_for_once(
    selection: Selection, standin: StandIn
) -> None:
    archive = built(selection)
    assert archive.status == "failed"
    assert "Your account" in archive.error
    assert "may not see job" in archive.error
    assert selection.frames.count() > 40
    assert data_requests(standin) == []
    about = standin.requests.matching(r"/api/(jobs|tasks)/\d+$", "GET")
    assert len(about) <= 3  # the job and its task, and the task for the manifest


def test_a_job_that_is_taken_away_meanwhile_is_not_asked_for_frame_by_frame(
    connection: Connection, standin: StandIn, settings: object
) -> None:
    chosen = select(connection, (DRIVE, None), (2, range(8)))
    forbidden = {"detail": "You do not have permission to perform this action."}
    jobs = "|".join(str(job.id) for job in standin.world.tasks[DRIVE].jobs)
    for pattern in (rf"/api/jobs/({jobs})(/data|$)", rf"/api/tasks/{DRIVE}(/data\?|$)"):
        standin.faults.fail(pattern, status=403, body=forbidden)
    standin.requests.clear()
    archive = built(chosen)
    assert archive.status == "incomplete"
    assert len(pictures_of(archive)) == 8
    assert archive.problems_count == 227
    assert all("may not see job" in row["reason"] for row in archive.problems)
    refused = [seen for seen in data_requests(standin) if seen.status == 403]
    # Until the first answer about a job is there, each thread may have a request for it under way.
    assert len(refused) <= len(standin.world.tasks[DRIVE].jobs) * settings.FETCH_THREADS


def test_one_frame_that_is_refused_does_not_close_its_job(
    connection: Connection, standin: StandIn
) -> None:
    standin.faults.fail("type=chunk", status=403, body={"detail": "no"})
    standin.faults.fail("type=frame&number=3&", status=404, body={"detail": "Not found."})
    archive = built(select(connection, (2, range(8))))
    assert [row["frame"] for row in archive.problems] == [3]


CLOSED_FILE = "Access to the file 'a.jpg' on the 'pictures' cloud storage is denied"
CLOSED_STORAGE = "The resource pictures is no longer available. Access forbidden."


def test_a_file_that_a_cloud_storage_refuses_ends_its_chunk_alone(
    connection: Connection, standin: StandIn
) -> None:
    """CVAT answers 403 for the file, not for the account (cvat-api 10.6)."""
    first = standin.world.tasks[DRIVE].jobs[0]
    data = rf"/api/jobs/{first.id}/data.*index=0"
    standin.faults.fail(data, status=403, body={"detail": CLOSED_FILE})
    standin.requests.clear()
    archive = built(select(connection, (DRIVE, None)))
    lost = [row["frame"] for row in archive.problems]
    assert 1 < len(lost) < len(pictures_of(archive))
    assert lost == list(range(first.start, first.start + len(lost)))
    assert all(CLOSED_FILE in row["reason"] for row in archive.problems)
    asked = {seen.query.get("number") for seen in data_requests(standin)}
    assert not asked & {str(frame) for frame in lost}


TOO_LARGE = "Chunk data size 900000000 exceeds the maximum allowed size 524288000."
TOO_MANY_PIXELS = "The video codec being used does not support such high video resolution"


@pytest.mark.parametrize(
    ("status", "said", "shown"),
    [
        (500, TOO_LARGE, "larger than CVAT allows"),
        (400, TOO_MANY_PIXELS, "more than 9,437,184 pixels"),
    ],
)
def test_a_chunk_that_is_too_large_for_cvat_is_asked_for_once(
    status: int, said: str, shown: str, connection: Connection, standin: StandIn
) -> None:
    first = standin.world.tasks[DRIVE].jobs[0]
    chosen = select(connection, (DRIVE, None))
    standin.faults.fail(rf"/api/jobs/{first.id}/data.*index=0", status=status, body=[said])
    standin.requests.clear()
    archive = built(chosen)
    lost = [row["frame"] for row in archive.problems]
    assert 1 < len(lost) < len(pictures_of(archive))
    assert lost == list(range(first.start, first.start + len(lost)))
    assert all(shown in row["reason"] for row in archive.problems)
    # A build may fetch frames of other chunks one by one: that depends on the measured bandwidth.
    asked_alone = {seen.query.get("number") for seen in data_requests(standin)}
    assert not asked_alone & {str(frame) for frame in lost}
    assert len([seen for seen in data_requests(standin) if seen.status == status]) == 1


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks that are put off are asked for again soon."""
    monkeypatch.setattr(retry_later, "FIRST_PAUSE", 0.01)


@pytest.mark.usefixtures("hurried")
def test_of_a_chunk_that_cvat_fails_on_few_frames_are_asked_for(
    connection: Connection, standin: StandIn
) -> None:
    """CVAT reads each frame from its chunk (cvat-api 10.3)."""
    task = standin.world.tasks[DRIVE]
    first = task.jobs[0]
    chosen = select(connection, (DRIVE, None))
    numbers = "|".join(str(first.start + place) for place in range(task.chunk_size or 0))
    standin.faults.fail(rf"/api/jobs/{first.id}/data.*index=0", status=500)
    standin.faults.fail(rf"/api/tasks/{DRIVE}/data.*number=({numbers})&", status=500)
    standin.requests.clear()
    archive = built(chosen)
    lost = [row["frame"] for row in archive.problems]
    assert 1 < len(lost) < len(pictures_of(archive))
    assert lost == list(range(first.start, first.start + len(lost)))
    (group,) = archive.problem_groups
    assert "that of a neighbour" in group["reason"]
    asked = [seen.query for seen in data_requests(standin) if seen.status == 500]
    frames = [query["number"] for query in asked if query["type"] == "frame"]
    assert len(asked) - len(frames) == 2
    assert len(frames) == 2 * (fetching.RETRIES_OF_DOUBTFUL + fetching.TRIED_OF_DOUBTFUL)
    assert set(frames) == {str(first.start + at) for at in range(fetching.TRIED_OF_DOUBTFUL)}


@pytest.mark.usefixtures("hurried")
def test_a_store_of_chunks_that_restarts_costs_no_picture(
    connection: Connection, standin: StandIn
) -> None:
    """Meanwhile CVAT fails on chunks and frames, and on nothing else."""
    chosen = select(connection, (2, None))
    outage = standin.faults.fail("type=(chunk|frame)", status=500, times=40)
    assert_whole(built(chosen), standin)
    assert outage.hits == 40


@pytest.mark.usefixtures("hurried")
def test_frames_that_cvat_serves_although_it_failed_on_their_chunk_are_fetched(
    connection: Connection, standin: StandIn
) -> None:
    first = standin.world.tasks[DRIVE].jobs[0]
    chosen = select(connection, (DRIVE, None))
    broken = [first.start, first.start + 1]
    numbers = "|".join(map(str, broken))
    standin.faults.fail(rf"/api/jobs/{first.id}/data.*index=0", status=500)
    standin.faults.fail(rf"/api/tasks/{DRIVE}/data.*number=({numbers})&", status=500)
    archive = built(chosen)
    assert [row["frame"] for row in archive.problems] == broken
    assert len(pictures_of(archive)) == chosen.frames.count() - 2


def test_a_cloud_storage_that_is_closed_is_not_asked_frame_by_frame(
    connection: Connection, standin: StandIn, settings: object
) -> None:
    chosen = select(connection, (DRIVE, None), (2, range(8)))
    jobs = "|".join(str(job.id) for job in standin.world.tasks[DRIVE].jobs)
    for pattern in (rf"/api/jobs/({jobs})/data", rf"/api/tasks/{DRIVE}/data\?"):
        standin.faults.fail(pattern, status=403, body={"detail": CLOSED_STORAGE})
    standin.requests.clear()
    archive = built(chosen)
    assert archive.status == "incomplete"
    assert len(pictures_of(archive)) == 8
    assert {row["reason"] for row in archive.problems} == {archive.problems[0]["reason"]}
    assert "cannot read the cloud storage" in archive.problems[0]["reason"]
    refused = [seen for seen in data_requests(standin) if seen.status == 403]
    # Until the first answer is there, each thread may have a request under way.
    assert len(refused) <= settings.FETCH_THREADS + 1


def test_frames_of_a_job_that_is_gone_come_through_the_task(
    connection: Connection, standin: StandIn
) -> None:
    chosen = select(connection, (2, range(8)))
    jobs = "|".join(str(job.id) for job in standin.world.tasks[2].jobs)
    standin.faults.fail(rf"/api/jobs/({jobs})(/|$)", status=404, body={"detail": "Not found."})
    assert_whole(built(chosen), standin)


def test_a_file_that_is_gone_from_the_share_is_named_with_the_likely_cause(
    connection: Connection, standin: StandIn
) -> None:
    standin.faults.fail("type=chunk", status=500)
    standin.faults.fail("number=(2|3)&", status=500, body="<h1>Server Error (500)</h1>")
    archive = built(select(connection, (2, range(8))))
    assert [row["frame"] for row in archive.problems] == [2, 3]
    (group,) = archive.problem_groups
    assert "may be gone from the share" in group["reason"]
    assert "status 500" in group["reason"]
