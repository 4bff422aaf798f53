"""What leads to the frames: numbers, links, what was opened lately; and what cannot be opened."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

from tests.browser.workspace import Workspace
from tests.conftest import connect

DRIVE = 1


def find_again(desk: Workspace, text: str) -> None:
    """By the field of the page that is open."""
    desk.page.get_by_role("combobox", name="Task, job, CVAT address or words").fill(text)
    desk.button("Open").click()


def test_links_and_numbers(desk: Workspace) -> None:
    page = desk.page
    desk.find(f"{desk.standin.url}/tasks/1?page=2")
    expect(page.get_by_role("heading", name="Night drive, north loop")).to_be_visible()
    facts = " · 227 images · 5 jobs · 3 deleted left out"
    expect(page.locator("#facts")).to_have_text(facts)
    desk.expect_chosen(0, 227)
    # A job.
    find_again(desk, "job 2")
    expect(page.get_by_text("Job 2 of task 1")).to_be_visible()
    desk.expect_chosen(0, 50)
    # A frame of it.
    find_again(desk, f"{desk.standin.url}/tasks/1/jobs/2?frame=60")
    expect(desk.cell(60)).to_be_focused()
    expect(desk.cell(60)).to_have_class(re.compile("flash"))
    desk.in_sight(60)
    desk.expect_chosen(0, 50)
    page.get_by_role("link", name="Whole task").click()
    desk.expect_chosen(0, 227)


def test_frames_far_down_and_nowhere(desk: Workspace) -> None:
    desk.open_task(8, frame=15_432)
    expect(desk.cell(15_432)).to_be_focused()
    desk.in_sight(15_432)
    desk.open_task(DRIVE, frame=17)
    expect(desk.page.locator("#dock-status")).to_contain_text("Frame 17 is not among")


def test_what_cannot_be_opened_is_said(desk: Workspace) -> None:
    page = desk.page
    page.goto("/choose")
    for text, said in {
        "99999": "Task 99999 does not exist",
        "job 99999": "Job 99999 does not exist",
        "https://elsewhere.example.com/tasks/1": "elsewhere.example.com",
        "12345678901234": "cannot be the number",
    }.items():
        find_again(desk, text)
        expect(page.get_by_role("alert")).to_contain_text(said)
        expect(page.get_by_role("link", name="See the newest tasks")).to_be_visible()


def test_who_has_jobs_alone(desk: Workspace, alice: User) -> None:
    page = desk.page
    connect(alice, desk.standin, account="carol")
    page.goto("/choose")
    expect(page.get_by_role("heading", name="Your jobs")).to_be_visible()
    expect(page.locator(".lately-task")).to_contain_text("frames 90–139 · annotation")
    page.get_by_role("link", name="Job 3 of task 1").click()
    desk.expect_chosen(0, 49)
    # The task of which only this job is open.
    desk.open_task(DRIVE)
    expect(page.locator("#facts")).to_have_text(
        " · 49 images · 1 job · only what is open to you · 1 deleted left out"
    )
    # A ground-truth job alone does not give the original files.
    judged = next(job for job in desk.standin.world.tasks[5].jobs if job.type == "ground_truth")
    judged.assignee = desk.standin.world.user("carol")
    page.goto(f"/choose?job={judged.id}")
    expect(page.locator("#facts")).to_contain_text("not the original files")


def test_what_was_opened_lately_is_above_the_newest(desk: Workspace) -> None:
    """The list of what was opened lately is shown while CVAT does not answer, too."""
    page = desk.page
    page.goto("/choose")
    expect(page.get_by_role("heading", name="Newest tasks")).to_be_visible()
    expect(page.get_by_text("Opened lately")).to_have_count(0)
    desk.open_task(DRIVE)
    lately = page.locator(".lately").get_by_role("link", name="Night drive, north loop")
    desk.standin.stop()
    page.goto("/choose?find=honeypots")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(lately).to_be_visible()
    desk.standin.start()
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("link", name="Parking lots with honeypots")).to_be_visible()
    page.goto("/choose")
    expect(page.get_by_role("heading", name="Opened lately")).to_be_visible()
    lately.click()
    desk.expect_chosen(0, 227)


def test_errors_of_the_frames(desk: Workspace) -> None:
    """Access that CVAT no longer takes; an error after which one tries again."""
    status, code = 401, "cvat_unauthorized"

    def fail(route: Route) -> None:
        route.fulfill(status=status, json={"detail": "CVAT is out of order.", "code": code})

    desk.page.route("**/api/catalog*", fail)
    desk.page.goto("/choose?task=1")
    expect(desk.page.get_by_role("link", name="Go to your connections")).to_be_visible()
    status, code = 502, "cvat"
    desk.page.reload()
    expect(desk.page.get_by_role("alert")).to_contain_text("CVAT is out of order.")
    expect(desk.page.get_by_role("link", name="Go to your connections")).to_have_count(0)
    desk.page.unroute("**/api/catalog*")
    desk.button("Try again").click()
    desk.expect_chosen(0, 227)


def test_without_javascript(open_portal: object) -> None:
    portal = open_portal(java_script_enabled=False)
    portal.connect()
    portal.page.goto("/choose")
    portal.page.get_by_role("link", name="Night drive, north loop").click()
    said = portal.page.locator("noscript").inner_html()
    assert "Choosing frames needs JavaScript" in said
    expect(portal.page.locator("#desk")).to_be_hidden()
