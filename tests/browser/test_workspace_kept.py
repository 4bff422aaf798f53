"""A saved selection opened in the workspace."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections.models import SelectedFrame, Selection
from selector.models import Connection
from tests.browser.workspace import Workspace

pytestmark = pytest.mark.browser
DRIVE = 1


def kept(*frames: int) -> Selection:
    connection = Connection.objects.get()
    selection = Selection.objects.create(
        owner=User.objects.get(username="alice"),
        connection=connection,
        url=connection.url,
        name="Round 1",
        note="From the first week.",
        tasks=[{"id": DRIVE, "name": "Night drive, north loop"}],
    )
    for frame in frames:
        SelectedFrame.objects.create(selection=selection, task_id=DRIVE, job_id=1, frame=frame)
    return selection


def open_kept(desk: Workspace, selection: Selection) -> None:
    desk.open_task(DRIVE, selection=selection.pk)


def test_it_works(desk: Workspace) -> None:
    selection = kept(3, 5, 60)
    open_kept(desk, selection)
    desk.expect_chosen(3, 227)
    expect(desk.page.locator("#dock-status")).to_contain_text("3 frames of “Round 1” are chosen.")
    expect(desk.page.locator("#name")).to_have_value("Round 1")

    # Nothing has changed, so nothing new is kept; what is changed becomes another selection.
    desk.button("Save").click()
    desk.page.wait_for_timeout(300)
    assert Selection.objects.count() == 1
    desk.cell(0).click()
    desk.expect_chosen(4, 227)
    desk.save("Round 2")
    assert Selection.objects.exclude(pk=selection.pk).get().frames.count() == 4
    assert selection.frames.count() == 3


def test_frames_that_are_gone_are_told(desk: Workspace) -> None:
    open_kept(desk, kept(3, 5, 100_000))
    desk.expect_chosen(2, 227)
    expect(desk.page.locator("#dock-status")).to_contain_text("1 are no longer offered here.")


def test_one_that_is_not_there(desk: Workspace) -> None:
    desk.open_task(DRIVE, selection=999999)
    expect(desk.page.locator("#dock-status")).to_contain_text("selection", ignore_case=True)
    desk.expect_chosen(0, 227)
