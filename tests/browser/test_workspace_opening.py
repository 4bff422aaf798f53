"""What leads to the frames: numbers, links, what was opened lately; and what cannot be opened."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

from tests.browser.workspace import Workspace
from tests.conftest import connect

DRIVE = 1


def test_a_task(desk: Workspace) -> None:
    for text in ("1", "{url}/tasks/1?page=2"):
        desk.find(text.format(url=desk.standin.url))
        expect(desk.page.get_by_role("heading", name="Night drive, north loop")).to_be_visible()
        facts = " · 227 images · 5 jobs · 3 deleted left out"
        expect(desk.page.locator("#facts")).to_have_text(facts)
        desk.expect_chosen(0, 227)


def test_a_pasted_link_to_a_frame(desk: Workspace) -> None:
    desk.find(f"{desk.standin.url}/tasks/1/jobs/2?frame=60")
    desk.expect_chosen(0, 50)
    expect(desk.cell(60)).to_be_focused()
    expect(desk.cell(60)).to_have_class(re.compile("flash"))
    desk.in_sight(60)


def test_a_frame_far_down(desk: Workspace) -> None:
    desk.open_task(8, frame=15_432)
    expect(desk.cell(15_432)).to_be_focused()
    desk.in_sight(15_432)


def test_a_frame_that_is_not_there(desk: Workspace) -> None:
    desk.open_task(DRIVE, frame=17)
    expect(desk.page.locator("#dock-status")).to_contain_text("Frame 17 is not among")


def test_a_job(desk: Workspace) -> None:
    desk.find("job 2")
    expect(desk.page.get_by_text("Job 2 of task 1")).to_be_visible()
    desk.expect_chosen(0, 50)
    desk.page.get_by_role("link", name="Whole task").click()
    desk.expect_chosen(0, 227)


def test_what_cannot_be_opened_is_said(desk: Workspace) -> None:
    for text, said in {
        "99999": "Task 99999 does not exist",
        "job 99999": "Job 99999 does not exist",
        "https://elsewhere.example.com/tasks/1": "elsewhere.example.com",
        "12345678901234": "cannot be the number",
    }.items():
        desk.find(text)
        expect(desk.page.get_by_role("alert")).to_contain_text(said)
        expect(desk.page.get_by_role("link", name="See the newest tasks")).to_be_visible()


def test_a_task_of_which_a_job_is_open(desk: Workspace, alice: User) -> None:
    connect(alice, desk.standin, account="carol")
    desk.open_task(DRIVE)
    expect(desk.page.locator("#facts")).to_have_text(
        " · 49 images · 1 job · only what is open to you · 1 deleted left out"
    )


def test_who_sees_a_ground_truth_job_alone_is_told_what_it_gives(
    desk: Workspace, alice: User
) -> None:
    judged = next(job for job in desk.standin.world.tasks[5].jobs if job.type == "ground_truth")
    judged.assignee = desk.standin.world.user("carol")
    connect(alice, desk.standin, account="carol")
    desk.page.goto(f"/choose?job={judged.id}")
    expect(desk.page.locator("#facts")).to_contain_text("not the original files")


def test_who_has_jobs_alone_finds_them(desk: Workspace, alice: User) -> None:
    connect(alice, desk.standin, account="carol")
    desk.page.goto("/choose")
    expect(desk.page.get_by_role("heading", name="Your jobs")).to_be_visible()
    expect(desk.page.locator(".lately-task")).to_contain_text("frames 90–139 · annotation")
    desk.page.get_by_role("link", name="Job 3 of task 1").click()
    desk.expect_chosen(0, 49)


def test_what_was_opened_lately_is_above_the_newest(desk: Workspace) -> None:
    desk.page.goto("/choose")
    expect(desk.page.get_by_role("heading", name="Newest tasks")).to_be_visible()
    expect(desk.page.get_by_text("Opened lately")).to_have_count(0)
    desk.open_task(DRIVE)
    desk.page.goto("/choose")
    expect(desk.page.get_by_role("heading", name="Opened lately")).to_be_visible()
    desk.page.locator(".lately").get_by_role("link", name="Night drive, north loop").click()
    desk.expect_chosen(0, 227)


def test_cvat_that_does_not_answer(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.standin.stop()
    desk.page.goto("/choose?find=honeypots")
    expect(desk.page.get_by_role("alert")).to_be_visible()
    lately = desk.page.locator(".lately").get_by_role("link", name="Night drive, north loop")
    expect(lately).to_be_visible()
    desk.standin.start()
    desk.page.get_by_role("link", name="Try again").click()
    expect(desk.page.get_by_role("link", name="Parking lots with honeypots")).to_be_visible()


def test_trying_again_after_an_error(desk: Workspace) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=502, json={"detail": "CVAT is out of order.", "code": "cvat"})

    desk.page.route("**/api/catalog*", fail)
    desk.page.goto("/choose?task=1")
    expect(desk.page.get_by_role("alert")).to_contain_text("CVAT is out of order.")
    desk.page.unroute("**/api/catalog*")
    desk.button("Try again").click()
    desk.expect_chosen(0, 227)


def test_access_that_cvat_no_longer_takes(desk: Workspace) -> None:
    desk.page.route(
        "**/api/catalog*",
        lambda route: route.fulfill(
            status=401, json={"detail": "Connect again.", "code": "cvat_unauthorized"}
        ),
    )
    desk.page.goto("/choose?task=1")
    expect(desk.page.get_by_role("link", name="Go to your connections")).to_be_visible()


def test_without_javascript(open_portal: object) -> None:
    portal = open_portal(java_script_enabled=False)
    portal.connect()
    portal.page.goto("/choose")
    portal.page.get_by_role("link", name="Night drive, north loop").click()
    said = portal.page.locator("noscript").inner_html()
    assert "Choosing frames needs JavaScript" in said
    expect(portal.page.locator("#desk")).to_be_hidden()
