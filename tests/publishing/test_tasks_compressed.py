"""A new task of pictures that CVAT has compressed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cvat import client as cvat_client
from publishing.models import Publication, WritePermission
from publishing.new_task import NewTaskOptions
from publishing.services import making_tasks
from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn
from tests.publishing.making import carried_out, request_task
from tests.selections.builds import select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")

TASK, FRAMES = 12, [3, 7]


@pytest.fixture(autouse=True)
def spools(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def selection(connection: Connection) -> Selection:
    return select(connection, (TASK, FRAMES))


def test_it_has_the_pictures_that_cvat_compressed(
    connection: Connection, permission: WritePermission, selection: Selection
) -> None:
    done = carried_out(request_task(selection, quality="compressed"))
    assert (done.error, done.status) == ("", "ready")
    with connection.client() as client:
        for new_frame, frame in enumerate(FRAMES):
            sent = client.frame(task_id=done.result_task_id, frame=new_frame).content
            source = client.frame(task_id=TASK, frame=frame, quality="compressed").content
            original = client.frame(task_id=TASK, frame=frame).content
            assert sent == source != original


def test_fewer_pixels_than_the_original_are_told(selection: Selection, standin: StandIn) -> None:
    selection.frames.filter(frame=7).update(width=1000, height=700)
    done = carried_out(request_task(selection, quality="compressed"))
    assert done.status == "failed"
    assert f"frame 7 of task {TASK} has" in done.error
    assert "in place of 1000 × 700" in done.error
    assert not any(task.bug_tracker for task in standin.world.tasks.values())


def test_a_video_with_odd_sides_has_as_many_pixels(
    connection: Connection, standin: StandIn
) -> None:
    """CVAT makes them even (cvat-api 7.3)."""
    film = standin.world.add_task("odd", owner="demo", video=True, count=2, size=(321, 181))
    chosen = select(connection, (film.id, None))
    done = carried_out(request_task(chosen, quality="compressed"))
    assert (done.error, done.status) == ("", "ready")
    [made] = [task for task in standin.world.tasks.values() if task.bug_tracker]
    assert made.media is not None
    assert made.media.dimensions(0) == (322, 182)


def test_it_is_chosen_on_the_page_and_in_the_api(web: Client, selection: Selection) -> None:
    page = f"/publications/selections/{selection.pk}/task"
    assert "Compressed by CVAT (smaller JPEGs)" in web.get(page).text
    given = {"name": "Small", "image_quality": "70", "quality": "compressed"}
    dry = web.post(page, given | {"show": "1"}).text
    assert "Upload 2 compressed pictures, in 1 job" in dry
    web.post(page, given)
    options = Publication.objects.get().get_new_task_options()
    assert options == NewTaskOptions("Small", quality="compressed")
    api = f"/api/selections/{selection.pk}/new-task"
    body = {"name": "Small", "quality": "compressed"}
    answer = web.post(api, body, content_type="application/json")
    assert (answer.status_code, Publication.objects.count()) == (202, 1)  # asked for already
    wrong = web.post(api, body | {"quality": "low"}, content_type="application/json")
    assert wrong.status_code == 400
    assert "Known: original, compressed." in wrong.text
