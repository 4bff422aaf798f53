"""The pages and the API of a ground-truth job: look, decide, send, follow."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from publishing.models import Publication, WritePermission
from selections.models import Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.publishing.making import select

pytestmark = pytest.mark.usefixtures("sent")


@pytest.fixture
def selection(connection: Connection, task: Task) -> Selection:
    return select(connection, task, [3, 13])


@pytest.fixture
def page(selection: Selection) -> str:
    return f"/publications/selections/{selection.pk}/ground-truth"


@pytest.fixture
def address(selection: Selection) -> str:
    return f"/api/selections/{selection.pk}/ground-truth-job"


def test_the_page_of_the_selection_leads_there(
    web: Client, selection: Selection, page: str
) -> None:
    assert f'href="{page}"' in web.get(f"/selections/{selection.pk}").text


def test_the_page_stays_as_it_is_while_the_permission_is_given(
    web: Client, task: Task, standin: StandIn, connection: Connection, page: str
) -> None:
    existing = standin.world.add_ground_truth(task, [1, 2])
    allow = f"/publications/connections/{connection.pk}/permission"
    assert 'type="submit" name="allow" value="1" formnovalidate' in web.get(page).text
    given = {"deleted_frames": "leave_out", "existing": existing.id, "replace": "on"}
    early = web.post(page, given)
    assert early.status_code == 409
    assert "Allow it first" in early.text
    assert '<option value="leave_out" selected>' in early.text
    web.post(allow, {"password": "demo-password"})
    assert 'class="button primary" type="submit">Make the ground-truth job<' in web.get(page).text
    assert web.post(page, given).url == f"/publications/{Publication.objects.get().pk}"


def test_the_page_asks_about_deleted_frames_and_the_present_job(
    web: Client, task: Task, standin: StandIn, permission: WritePermission, page: str
) -> None:
    existing = standin.world.add_ground_truth(task, [1, 2])
    shown = web.get(page).text
    assert "1 of the frames was deleted in CVAT: 13." in shown
    assert f"has ground-truth job {existing.id} already: 2 frames" in shown
    undecided = web.post(page, {"existing": existing.id})
    assert undecided.status_code == 400
    assert "Choose what becomes of the deleted frames." in undecided.text
    assert "The task can have one ground-truth job." in undecided.text
    decided = {"existing": existing.id, "replace": "on", "deleted_frames": "leave_out"}
    other = web.post(page, decided | {"existing": 999})
    assert other.status_code == 409
    assert f"is job {existing.id} now, not job 999" in other.text
    dry = web.post(page, decided | {"show": "1"}).text
    assert f"DELETE /api/jobs/{existing.id}" in dry
    assert "&quot;frames&quot;: [3]" in dry
    assert not Publication.objects.exists()
    answer = web.post(page, decided)
    publication = Publication.objects.get()
    assert answer.url == f"/publications/{publication.pk}"
    assert publication.frames == [3]


def test_a_selection_that_cannot_become_one_is_told(
    web: Client, selection: Selection, page: str
) -> None:
    selection.frames.create(task_id=1, job_id=1, frame=0)
    answer = web.get(page)
    assert answer.status_code == 400
    assert "a ground-truth job is of one" in answer.text


def test_a_publication_is_followed_listed_and_cancelled(
    web: Client, permission: WritePermission, page: str
) -> None:
    web.post(page, {"deleted_frames": "deliver"})
    publication = Publication.objects.get()
    own = f"/publications/{publication.pk}"
    assert f'hx-get="{own}/progress"' in web.get(own).text
    assert f'href="{own}"' in web.get("/publications/").text
    assert web.post(f"{own}/cancel").url == own
    ended = web.get(f"{own}/progress").text
    assert "hx-get" not in ended
    assert "Nothing was changed in CVAT." in ended
    assert f'href="{page}">Try again' in ended
    again = web.post(f"{own}/cancel")
    assert again.status_code == 409
    assert "This publication is cancelled and cannot be cancelled." in again.text


def test_the_api_says_what_there_is_to_decide(
    api: APIClient, task: Task, standin: StandIn, address: str
) -> None:
    existing = standin.world.add_ground_truth(task, [1, 2])
    said = api.get(address).json()
    assert (said["task_id"], said["frames_count"], said["deleted_frames"]) == (task.id, 2, [13])
    assert (said["existing"]["id"], said["existing"]["frame_count"]) == (existing.id, 2)
    assert [each["frames_count"] for each in said["jobs"]] == [1, 1, 0]
    assert [each["username"] for each in said["members"]] == ["demo"]


def test_the_api_refuses_what_is_undecided_or_not_allowed(api: APIClient, address: str) -> None:
    undecided = api.post(address, {})
    assert (undecided.status_code, undecided.json()["code"]) == (409, "choice_needed")
    decided = {"deleted_frames": "leave_out"}
    refused = api.post(address, decided)
    assert (refused.status_code, refused.json()["code"]) == (409, "write_permission_needed")
    assert api.post(address, decided | {"frames": [1]}).status_code == 400
    assert not Publication.objects.exists()


def test_the_api_shows_what_it_would_send(api: APIClient, address: str) -> None:
    dry = api.post(address, {"deleted_frames": "deliver", "dry_run": True})
    assert dry.status_code == 200
    [request] = dry.json()["requests"]
    assert (request["method"], request["path"]) == ("POST", "/api/jobs")
    assert request["body"]["frames"] == [3, 13]
    assert not Publication.objects.exists()


def test_the_api_publishes_once_under_a_key(
    api: APIClient, permission: WritePermission, selection: Selection, address: str
) -> None:
    def ask() -> int:
        body = {"deleted_frames": "leave_out"}
        answer = api.post(address, body, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 202, answer.content
        return int(answer.json()["id"])

    assert ask() == ask()
    publication = Publication.objects.get()
    listed = api.get(f"/api/publications?selection={selection.pk}&status=queued").json()
    assert [each["id"] for each in listed["results"]] == [publication.pk]
    one = api.get(f"/api/publications/{publication.pk}").json()
    assert (one["target"], one["steps"], one["result_url"]) == ("ground_truth", [], "")
    assert one["options"]["deleted_frames"] == "leave_out"
    cancelled = api.post(f"/api/publications/{publication.pk}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    [work] = api.get("/api/works").json()["results"]
    assert (work["kind"], work["activity"]) == ("publication", "publishing")
