"""The settings of a draw: in sight, in the address, and with the next task."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.workspace import Workspace

DRIVE, FOLDERS = 1, 2


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


def test_filters_stand_above_the_button_that_obeys_them(desk: Workspace) -> None:
    draw = desk.page.locator("#draw")
    desk.page.set_viewport_size({"width": 1280, "height": 800})
    desk.open_task(DRIVE)
    for is_narrow in (False, True):
        if is_narrow:
            desk.page.set_viewport_size({"width": 390, "height": 844})
            desk.button("Pick…").click()
        expect(draw).to_be_in_viewport(ratio=1)
        for name in ("Stage", "State", "Assignee"):
            select = desk.page.get_by_label(name, exact=True)
            expect(select).to_be_in_viewport(ratio=1)
            assert select.bounding_box()["y"] < draw.bounding_box()["y"]


def test_reload_back_and_a_link_bring_the_settings_back(
    desk: Workspace, live_server: LiveServer
) -> None:
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

    # The next task has the settings as they were set last.
    desk.open_task(FOLDERS)  # no job of it is in acceptance, or alice's
    expect(page.locator("#dock-status")).to_contain_text("No job here has the stage “acceptance”")
    assert state(page) == ("random_uniform", "3", "share", "", "", "")
    page.locator("#amount").fill("30")
    page.goto(f"/choose?task={DRIVE}&job=2")
    expect(desk.cells.first).to_be_visible()
    expect(page.locator("#job-filters")).to_be_hidden()
    desk.open_task(DRIVE)
    assert state(page)[1:5] == ("30", "share", "=acceptance", "=alice")
    expect(page.get_by_text("48 of 227 shown")).to_be_visible()

    # Each person has settings of their own.
    desk.portal.enter("bob", live_server.url)
    desk.portal.connect()
    desk.open_task(DRIVE)
    assert state(page) == ("random_per_job", "10", "count", "", "", "")


def test_a_filter_in_the_address_holds_although_no_job_is_like_that(desk: Workspace) -> None:
    desk.page.goto(f"/choose?task={FOLDERS}&stage=acceptance")
    expect(desk.page.get_by_text("No job is like that.")).to_be_visible()
    desk.pick("10")
    expect(desk.page.locator("#pick-error")).to_contain_text("No job is shown to draw from.")
    desk.button("Show all jobs").click()
    desk.pick("5")
    expect(desk.page.locator("#dock-status")).to_contain_text("frames picked")
