"""A project for a new task, found by its name, number or address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from publishing import new_task_form
from publishing.models import Publication, WritePermission
from publishing.services import task_checking
from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn
from tests.making import make_upload
from tests.publishing.test_tasks_of_files import day
from tests.selections.builds import select

pytestmark = pytest.mark.usefixtures("sent")

GIVEN = {"name": "x", "image_quality": "70"}


@pytest.fixture(autouse=True)
def many(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> int:
    """More projects than the list has; returns the id of the oldest."""
    monkeypatch.setattr(new_task_form, "FEW_PROJECTS", 1)
    real = task_checking.CvatClient.projects

    def newest(self: Any, *, search: str = "", limit: int = 1) -> Any:
        return real(self, search=search, limit=limit)

    monkeypatch.setattr(task_checking.CvatClient, "projects", newest)
    return min(standin.world.projects)


@pytest.fixture
def selection(connection: Connection) -> Selection:
    return select(connection, (1, [0]))


@pytest.fixture(params=["selection", "files"])
def page(
    request: pytest.FixtureRequest, selection: Selection, settings: Any, tmp_path: Path
) -> str:
    """Of a new task of a selection, or of files."""
    settings.UPLOADS_DIR = tmp_path
    if request.param == "selection":
        return f"/publications/selections/{selection.pk}/task"
    return f"/publications/files/{make_upload(selection.owner, day()).pk}"


@pytest.fixture
def found(connection: Connection) -> str:
    return f"/publications/connections/{connection.pk}/projects"


def test_words_a_number_and_an_address_find_a_project(
    web: Client, found: str, many: int, standin: StandIn
) -> None:
    name = standin.world.projects[many].name
    chosen = f'<option value="{many}" selected>{name} (#{many}): its labels</option>'
    for words in (name, name.lower(), str(many), f"#{many}", f"{standin.url}/projects/{many}"):
        assert chosen in web.get(found, {"find_project": words}).text


def test_what_is_not_found_is_said(web: Client, found: str, standin: StandIn) -> None:
    assert "no project that fits" in web.get(found, {"find_project": "zebra crossing"}).text
    task = web.get(found, {"find_project": f"{standin.url}/tasks/1"}).text
    assert "This is no project." in task
    other = web.get(found, {"find_project": "https://a.example/projects/1"}).text
    assert "This address is on a.example, the connection is to" in other
    assert "<option" not in web.get(found, {"find_project": ""}).text


def test_a_project_beyond_the_list_is_taken(
    web: Client, permission: WritePermission, page: str, found: str, many: int
) -> None:
    form = web.get(page).text
    assert "the newest 1 of" in form
    assert f'hx-get="{found}"' in form
    dry = web.post(page, GIVEN | {"project": many, "show": "1"}).text
    assert f'<option value="{many}" selected>' in dry
    web.post(page, GIVEN | {"project": many})
    assert Publication.objects.get().get_new_task_options().project_id == many


def test_a_project_that_is_not_there_is_refused_at_the_field(web: Client, page: str) -> None:
    for number in ("99999", "9" * 30):
        answer = web.post(page, GIVEN | {"project": number})
        assert answer.status_code == 400
        assert answer.context["form"].errors == {
            "project": ["CVAT shows your account no such project."]
        }


def test_what_is_typed_without_choosing_is_found_when_it_is_sent(
    web: Client, permission: WritePermission, page: str, many: int, standin: StandIn
) -> None:
    unclear = web.post(page, GIVEN | {"find_project": "zebra"})
    assert "no such project" in str(unclear.context["form"].errors["find_project"])
    for name in ("Crossing north", "Crossing south"):
        standin.world.add_project(name, owner="demo")
    unclear = web.post(page, GIVEN | {"find_project": "crossing"})
    assert "projects fit. Choose one" in str(unclear.context["form"].errors["find_project"])
    assert "Crossing south (#" in unclear.text
    task = web.post(page, GIVEN | {"find_project": f"{standin.url}/tasks/1"})
    assert "This is no project." in task.text
    assert not Publication.objects.exists()
    web.post(page, GIVEN | {"find_project": f"#{many}"})
    assert Publication.objects.get().get_new_task_options().project_id == many
