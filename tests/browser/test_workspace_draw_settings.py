"""The settings of a draw: in sight, in the address, and with the next task."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.portal import Portal
from tests.browser.workspace import Workspace

DRIVE, FOLDERS, SINGLE = 1, 2, 5


def state(page: Page) -> tuple[str, ...]:
    return (
        page.locator("#pick").evaluate("form => form.elements.mode.value"),
        page.locator("#amount").input_value(),
        page.locator("#unit").input_value(),
        page.get_by_label("Stage", exact=True).input_value(),
        page.get_by_label("Assignee", exact=True).input_value(),
        page.get_by_label("File name contains").input_value(),
    )


def set_all(page: Page) -> None:
    page.locator("#pick").get_by_text("Over all", exact=True).click()
    page.locator("#amount").fill("25")
    page.get_by_label("Unit").select_option(label="%")
    page.get_by_label("Stage", exact=True).select_option("acceptance")
    page.get_by_label("Assignee", exact=True).select_option("alice")
    page.get_by_label("File name contains").fill("north_00")


ALL = ("random_uniform", "25", "share", "=acceptance", "=alice", "north_00")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_filters_stand_above_the_button_that_obeys_them(
    open_portal: Callable[..., Portal], width: int, height: int
) -> None:
    portal = open_portal(viewport={"width": width, "height": height})
    portal.connect()
    desk = Workspace(portal)
    desk.open_task(DRIVE)
    if width < 900:
        desk.button("Pick…").click()
    draw = desk.page.locator("#draw")
    expect(draw).to_be_in_viewport(ratio=1)
    for name in ("Stage", "State", "Assignee"):
        select = desk.page.get_by_label(name, exact=True)
        expect(select).to_be_in_viewport(ratio=1)
        assert select.bounding_box()["y"] < draw.bounding_box()["y"]


def test_reload_back_and_a_link_bring_the_settings_back(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    set_all(page)
    expect(page.get_by_text("48 of 227 shown")).to_be_visible()
    page.reload()
    expect(desk.cells.first).to_be_visible()
    assert state(page) == ALL
    expect(page.get_by_text("48 of 227 shown")).to_be_visible()
    link = page.url
    assert "filename_contains=north_00" in link
    page.goto("/selections/")
    page.go_back()
    expect(desk.cells.first).to_be_visible()
    assert state(page) == ALL
    # A link counts before what this browser remembers.
    page.locator("#amount").fill("3")
    page.goto(link)
    expect(desk.cells.first).to_be_visible()
    assert state(page) == ALL


def test_the_next_task_has_the_settings_of_the_last(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    set_all(page)
    desk.open_task(FOLDERS)  # no job of it is in acceptance, or alice's
    expect(page.locator("#dock-status")).to_contain_text("No job here has the stage “acceptance”")
    assert state(page) == ("random_uniform", "25", "share", "", "", "")
    page.locator("#amount").fill("30")
    page.goto(f"/choose?task={DRIVE}&job=2")
    expect(desk.cells.first).to_be_visible()
    expect(page.locator("#job-filters")).to_be_hidden()
    desk.open_task(DRIVE)
    assert state(page)[1:5] == ("30", "share", "=acceptance", "=alice")
    expect(page.get_by_text("48 of 227 shown")).to_be_visible()


def test_each_person_has_settings_of_their_own(
    open_portal: Callable[..., Portal], desk: Workspace, live_server: object
) -> None:
    desk.open_task(DRIVE)
    set_all(desk.page)
    desk.portal.enter("bob", live_server.url)
    desk.portal.connect()
    desk.open_task(DRIVE)
    assert state(desk.page) == ("random_per_job", "10", "count", "", "", "")


def test_a_filter_in_the_address_holds_although_no_job_is_like_that(desk: Workspace) -> None:
    desk.page.goto(f"/choose?task={FOLDERS}&stage=acceptance")
    expect(desk.page.get_by_text("No job is like that.")).to_be_visible()
    desk.pick("10")
    expect(desk.page.locator("#pick-error")).to_contain_text("No job is shown to draw from.")
    desk.button("Show all jobs").click()
    desk.pick("5")
    expect(desk.page.locator("#dock-status")).to_contain_text("frames picked")
