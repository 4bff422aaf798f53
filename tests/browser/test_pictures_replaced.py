"""Pictures of one's own in place of those of a selection: uploaded in the form of the new task,
which stays as it was filled in, until they are in CVAT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from publishing.models import Publication, Upload
from publishing.services import making_tasks
from selections.models import Selection
from selector.models import Connection
from tests.browser.portal import Portal
from tests.making import make_permission, make_upload
from tests.publishing.making import carried_out
from tests.publishing.test_tasks_of_files import picture
from tests.selections.builds import select

FRAMES = [4, 9]


@pytest.fixture
def selection(
    connected: Portal, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Selection:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.SPOOL_DIR = tmp_path / "spool"
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    connection = Connection.objects.get()
    token = connected.standin.world.access_token("demo", "writing", read_only=False)
    make_permission(connection, token.value)
    task = connected.standin.world.add_task(
        "Faces", owner="demo", count=12, pattern="faces/{:02d}.png"
    )
    return select(connection, (task.id, FRAMES))


@pytest.fixture
def blurred(selection: Selection, tmp_path: Path) -> Path:
    """A folder with a picture for each frame."""
    folder = tmp_path / "blurred"
    for frame in selection.frames.all():
        path = folder / frame.filename
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture((frame.width, frame.height)))
    return folder


def assert_the_wrong_field_is_named_above_the_form(page: Page) -> None:
    assignee = page.get_by_label("Assign its jobs to")
    assignee.fill("nobody-at-all")
    page.get_by_role("button", name="Make the task").click()
    error = page.get_by_role("alert").filter(has_text="“nobody-at-all” can get no job here")
    expect(error).to_be_in_viewport()
    error.get_by_role("link", name="Assign its jobs to").click()
    expect(assignee).to_be_in_viewport()
    assignee.fill("")


def test_they_are_uploaded_chosen_and_sent(
    connected: Portal, selection: Selection, blurred: Path
) -> None:
    page = connected.page
    page.goto(selection.get_absolute_url())
    page.get_by_text("Publish", exact=True).click()
    page.get_by_role("link", name="Make a new task").click()
    assert_the_wrong_field_is_named_above_the_form(page)
    page.get_by_label("Name of the task").fill("Faces, blurred")
    page.get_by_text("Other pictures in place of these").click()
    choice = page.get_by_label("Pictures of yours in place of these")
    make_upload(selection.owner)  # another one, called Day
    page.route("**/data?offset=*", lambda route: route.fulfill(status=400))
    page.get_by_label("A folder …").set_input_files(blurred)
    expect(page.get_by_text("Then press Continue.")).to_be_visible()
    page.get_by_role("button", name="Cancel and delete").click()
    expect(page.get_by_text("Drop a folder, pictures or a ZIP here")).to_be_visible()
    assert [each.name for each in Upload.objects.all()] == ["Day"]
    page.unroute("**/data?offset=*")
    page.get_by_label("A folder …").set_input_files(blurred)
    expect(page.get_by_text("Uploaded, and chosen below: blurred")).to_be_visible()
    expect(choice.locator("option:checked")).to_contain_text("blurred")
    expect(page.get_by_label("Name of the task")).to_have_value("Faces, blurred")

    page.get_by_role("button", name="Show what would be sent").click()
    planned = page.get_by_role("heading", name="What would be sent to CVAT")
    expect(planned).to_be_in_viewport()
    expect(page.get_by_text("Upload 2 pictures, 2 of them replaced by yours")).to_be_visible()
    page.get_by_role("button", name="Make the task").click()
    expect(page.get_by_role("heading", name="Publication of")).to_be_visible()
    carried_out(Publication.objects.get())
    expect(page.get_by_text("2 of them replaced by yours, in 1 job: done")).to_be_visible()
    expect(page.get_by_role("link", name="in CVAT")).to_be_visible()
    rows = Publication.objects.get().published_frames
    assert list(rows.values_list("is_replaced", flat=True)) == [True, True]
