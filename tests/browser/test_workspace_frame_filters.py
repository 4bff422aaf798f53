"""Filters by file name, frame number and assignee limit the grid, "Select all" and the draw."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from selections.models import Selection
from tests.browser.test_several_tasks import open_tasks
from tests.browser.workspace import Workspace

FOLDERS = 2
DAY, DUSK = 12, 13


def panel(desk: Workspace) -> Locator:
    return desk.page.locator("#frame-filter")


def open_panel(desk: Workspace) -> None:
    panel(desk).locator("summary").click()


def test_a_pattern_and_a_range_limit_grid_choice_and_draw(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(FOLDERS)
    open_panel(desk)
    # A range that cannot be.
    first, last = page.get_by_label("First frame"), page.get_by_label("Last frame")
    first.fill("9")
    last.fill("5")
    problem = "Frame numbers: the second number must not be below the first."
    expect(page.locator("#frame-problem")).to_have_text(problem)
    expect(page.locator("#shown")).to_have_text("")
    desk.pick("5")
    expect(page.locator("#pick-error")).to_contain_text(problem)
    last.fill("12")
    expect(page.locator("#shown")).to_have_text("4 of 47 shown")
    first.fill("")
    last.fill("")
    page.get_by_label("File name like").fill("cam_a/*")
    expect(page.get_by_text("14 of 47 shown")).to_be_visible()
    last.fill("9")
    expect(page.locator("#pick-names")).to_have_text(
        "Only from frames whose file name is like “cam_a/*” and whose number is at most 9."
    )
    shown = page.locator("#shown").inner_text()
    count = int(shown.split()[0])
    assert 0 < count < 14
    desk.button("Choose these").click()
    desk.expect_chosen(count, 47)
    desk.button("Clear").click()
    desk.pick("100", seed="7", mode="Over all")
    desk.expect_chosen(count, 47)
    assert all(row["filename"].startswith("cam_a/") and row["frame"] <= 9 for row in desk.info())
    desk.save("Camera A")
    parameters = Selection.objects.get().parameters
    assert (parameters["filename_pattern"], parameters["last_frame"]) == ("cam_a/*", 9)
    # The saved selection brings its filters back.
    page.goto(f"/choose?task={FOLDERS}&selection={Selection.objects.get().pk}")
    expect(page.get_by_label("File name like")).to_have_value("cam_a/*")
    expect(page.locator("#shown")).to_have_text(shown)


def test_jobs_without_an_assignee_of_several_tasks(desk: Workspace) -> None:
    page = desk.page
    jobs = [job for task in (DAY, DUSK) for job in desk.standin.world.tasks[task].jobs]
    for job in jobs[:3]:
        job.assignee = desk.standin.world.user("alice")
    jobs[3].assignee = None
    open_tasks(desk, DAY, DUSK)
    page.get_by_label("Assignee", exact=True).select_option("no assignee")
    desk.pick("4", seed="7", mode="Over all")
    desk.expect_chosen(4, 60)
    assert {row["job_id"] for row in desk.info()} == {jobs[3].id}
    page.reload()
    expect(page.get_by_label("Assignee", exact=True)).to_have_value("=no assignee")
