"""Completed jobs of a new task handed over to reviewers: in turn, once, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from cvat import client as cvat_client
from cvat.writing import JobWriter
from portal.exceptions import Conflict, InvalidInput
from publishing import services
from publishing.exceptions import PermissionNeeded
from publishing.models import Publication, WritePermission
from publishing.services import making_tasks
from selections.models import Selection
from standin.model import Job
from standin.server import StandIn
from tests.making import connected, make_permission
from tests.publishing.making import carried_out, request_task
from tests.selections.builds import select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent")


@pytest.fixture(autouse=True)
def spools(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def selection(alice: User, standin: StandIn) -> Selection:
    """Of four frames of a task in the organization acme, of whose members alice runs it."""
    connection = connected(alice, standin, "alice")
    token = standin.world.access_token("alice", "writing", read_only=False)
    make_permission(connection, token.value)
    return select(connection, (10, [0, 1, 2, 3]))


@pytest.fixture
def people(selection: Selection) -> dict[str, int]:
    check = services.check_new_task(user=selection.owner, selection=selection)
    return {member.username: member.id for member in check.place.members}


@pytest.fixture
def reviewers(people: dict[str, int]) -> tuple[int, ...]:
    return tuple(people.values())[:2]


@pytest.fixture
def published(selection: Selection, reviewers: tuple[int, ...]) -> Publication:
    """A task of four jobs."""
    done = carried_out(request_task(selection, frames_per_job=1, reviewer_ids=reviewers))
    assert (done.status, done.error) == ("ready", "")
    return done


@pytest.fixture
def jobs(published: Publication, standin: StandIn) -> list[Job]:
    """The first and the last two are completed."""
    found = standin.world.tasks[published.result_task_id].jobs
    for number in (0, 2, 3):
        found[number].state = "completed"
    return found


def test_the_jobs_of_a_publication_name_their_reviewers(
    published: Publication, people: dict[str, int], api: APIClient, web: Client
) -> None:
    """The last one of two gets the last three of four jobs, as when they are handed over."""
    one, other = list(people)[:2]
    jobs = api.get(f"/api/publications/{published.pk}/jobs").json()
    assert [(job["reviewer"], job["assignee"]) for job in jobs] == [
        (name, "") for name in (one, other, other, other)
    ]
    page = web.get(f"/publications/{published.pk}/jobs").text
    assert page.count(f'<td data-label="Reviewer">{other}</td>') == 3


def test_a_reviewer_whose_name_cvat_does_not_tell_is_named_by_number(
    published: Publication, api: APIClient
) -> None:
    Publication.objects.update(options={**published.options, "reviewer_ids": [999]})
    [job, *_] = api.get(f"/api/publications/{published.pk}/jobs").json()
    assert job["reviewer"] == "user 999"


def test_a_reviewer_whose_account_was_deactivated_is_named_still(
    published: Publication, people: dict[str, int], standin: StandIn, api: APIClient
) -> None:
    other = list(people)[1]
    standin.world.user(other).is_active = False
    [*_, job] = api.get(f"/api/publications/{published.pk}/jobs").json()
    assert job["reviewer"] == other


def hand_over(published: Publication, reviewer_ids: tuple[int, ...]) -> Publication:
    return services.request_hand_over(
        user=published.requested_by, source=published, reviewer_ids=reviewer_ids
    )


def shown(jobs: list[Job]) -> list[tuple[str, str, int | None]]:
    return [(job.stage, job.state, job.assignee.id if job.assignee else None) for job in jobs]


def test_completed_jobs_get_their_reviewers_in_turn(
    published: Publication, jobs: list[Job], reviewers: tuple[int, ...]
) -> None:
    first, second = reviewers
    done = carried_out(hand_over(published, reviewers))
    assert (done.status, done.error) == ("ready", "")
    assert shown(jobs) == [
        ("validation", "new", first),
        ("annotation", "new", None),
        ("validation", "new", second),
        ("validation", "new", second),
    ]
    assert [step["request"] for step in done.steps] == [
        f"PATCH /api/jobs/{jobs[number].id}" for number in (0, 2, 3)
    ]
    with pytest.raises(Conflict, match="No job of the task waits for a review"):
        hand_over(published, reviewers)
    jobs[1].state = "completed"
    carried_out(hand_over(published, reviewers))
    assert shown(jobs)[1] == ("validation", "new", second)  # by its place among all jobs


def test_jobs_of_a_task_from_files_can_be_handed_over(
    published: Publication, jobs: list[Job], reviewers: tuple[int, ...]
) -> None:
    Publication.objects.filter(pk=published.pk).update(target="files", selection=None)
    published.refresh_from_db()
    done = carried_out(hand_over(published, reviewers))
    assert (done.status, done.error, jobs[0].stage) == ("ready", "", "validation")


def test_a_job_that_changed_meanwhile_stays_and_is_named(
    published: Publication, jobs: list[Job], reviewers: tuple[int, ...]
) -> None:
    asked = hand_over(published, reviewers)
    jobs[0].state = "in progress"
    done = carried_out(asked)
    assert (done.status, shown(jobs)[0]) == ("failed", ("annotation", "in progress", None))
    assert done.error.startswith(f"Job {jobs[0].id} changed in CVAT since you asked")
    assert [job.stage for job in jobs] == ["annotation", "annotation", "validation", "validation"]


@pytest.mark.parametrize("is_late", [False, True])
def test_a_lost_answer(
    published: Publication,
    jobs: list[Job],
    reviewers: tuple[int, ...],
    standin: StandIn,
    is_late: bool,
) -> None:
    lost = standin.faults.lose("/api/jobs", method="PATCH", status=502, carried_out=is_late)
    done = carried_out(hand_over(published, reviewers))
    assert (done.status, done.error, bool(lost.hits)) == ("ready", "", True)
    assert [job.stage for job in jobs].count("validation") == 3


def test_what_a_reviewer_has_begun_is_not_set_back(
    published: Publication,
    jobs: list[Job],
    reviewers: tuple[int, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker was killed after the first job was handed over, and the reviewer works on it."""
    asked = hand_over(published, reviewers)
    change = services.check_hand_over(user=published.requested_by, source=published)
    first = change.hand_overs(reviewers)[0].change
    step = {"request": first.request, "text": first.text, "sent_at": "", "done_at": None}
    Publication.objects.filter(pk=asked.pk).update(steps=[step | {"is_refused": False}])
    jobs[0].stage, jobs[0].state = "validation", "in progress"
    done = carried_out(asked)
    assert (done.status, done.error) == ("ready", "")
    assert shown(jobs)[0] == ("validation", "in progress", None)
    assert all(each["done_at"] for each in done.steps)


def test_who_may_review(
    published: Publication, jobs: list[Job], reviewers: tuple[int, ...], selection: Selection
) -> None:
    with pytest.raises(InvalidInput, match="cannot be assigned to user 9999"):
        hand_over(published, (9999,))
    with pytest.raises(InvalidInput, match="at least one reviewer"):
        hand_over(published, ())
    with pytest.raises(InvalidInput, match="cannot be assigned to user 9999"):
        request_task(selection, reviewer_ids=(9999,))
    asked = hand_over(published, reviewers)
    assert hand_over(published, reviewers) == asked
    services.cancel_publication(publication=asked)
    WritePermission.objects.all().delete()
    with pytest.raises(PermissionNeeded):
        hand_over(published, reviewers)


def test_the_page_names_those_that_were_kept(
    web: Client, published: Publication, jobs: list[Job], people: dict[str, int]
) -> None:
    first, second = list(people)[:2]
    page = f"/publications/{published.pk}/hand-over"
    assert f'href="{page}"' in web.get(f"/publications/{published.pk}").text
    web.post(page, {"reviewers": second, "allow": "1"})
    assert f'value="{second}"' in web.get(f"{page}?again=1").text
    form = web.get(page).text
    assert "3 of 4 jobs wait for a review" in form
    assert f'value="{first}, {second}"' in form
    wrong = web.post(page, {"reviewers": "nobody-known"})
    assert (wrong.status_code, "can get no job here" in wrong.text) == (400, True)
    none = web.post(page, {"reviewers": " , "})
    assert (none.status_code, "Name at least one reviewer." in none.text) == (400, True)
    dry = web.post(page, {"reviewers": second, "show": "1"}).text
    assert f"Hand job {jobs[0].id} over to {second}, in stage validation" in dry
    answer = web.post(page, {"reviewers": second})
    asked = Publication.objects.get(target="hand_over")
    assert answer.url == asked.get_absolute_url()
    assert f'href="{page}"' in web.get(f"/publications/{published.pk}").text
    assert carried_out(asked).again_url == page


def test_the_form_of_a_new_task_keeps_them(
    web: Client, selection: Selection, people: dict[str, int]
) -> None:
    first, second = list(people)[:2]
    page = f"/publications/selections/{selection.pk}/task"
    given = {"name": "x", "image_quality": "70", "reviewers": f"{second}, {first}"}
    web.post(page, given)
    ids = Publication.objects.get().get_new_task_options().reviewer_ids
    assert ids == (people[second], people[first])


def test_the_api_hands_over(
    api: APIClient, published: Publication, jobs: list[Job], reviewers: tuple[int, ...]
) -> None:
    address = f"/api/publications/{published.pk}/hand-over"
    planned = api.post(address, {"dry_run": True}).json()["requests"]
    assert [each["body"]["assignee"] for each in planned] == [
        reviewers[0],
        reviewers[1],
        reviewers[1],
    ]
    assert planned[0]["body"] | {"assignee": 0} == {
        "stage": "validation",
        "state": "new",
        "assignee": 0,
    }
    other = {"reviewer_ids": [reviewers[1]]}
    asked = api.post(address, other, headers={"Idempotency-Key": "once"})
    assert asked.status_code == 202, asked.content
    again = api.post(address, other, headers={"Idempotency-Key": "once"})
    assert again.json()["id"] == asked.json()["id"]
    carried_out(Publication.objects.get(target="hand_over"))
    assert {job.assignee.id for job in jobs if job.assignee} == {reviewers[1]}
    refused = api.post(f"/api/publications/{asked.json()['id']}/hand-over", {})
    assert (refused.status_code, "has no jobs" in refused.json()["detail"]) == (409, True)


def test_an_update_names_stage_state_and_assignee_at_once(
    published: Publication, jobs: list[Job], reviewers: tuple[int, ...], monkeypatch: Any
) -> None:
    """A stage without a state would reset it in another request (cvat-api 13.5)."""
    sent: list[dict[str, Any]] = []
    real = JobWriter.update_job

    def noted(writer: JobWriter, job_id: int, **given: Any) -> Any:
        sent.append(given)
        return real(writer, job_id, **given)

    monkeypatch.setattr(JobWriter, "update_job", noted)
    carried_out(hand_over(published, reviewers))
    assert {frozenset(each) for each in sent} == {frozenset({"stage", "state", "assignee_id"})}
