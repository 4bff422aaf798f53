"""One field that leads to the frames: numbers, links, words; and the jobs of a task."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Error, Route, expect

from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.conftest import connect, eventually

DRIVE = 1


def field(desk: Workspace):
    return desk.page.get_by_role("combobox", name="Task, job, CVAT address or words")


def options(desk: Workspace):
    return desk.page.get_by_role("listbox", name="Found in CVAT").get_by_role("option")


@pytest.mark.parametrize("text", ["1", "{url}/tasks/1", "{url}/tasks/1?page=2", "task 1", "#1"])
def test_a_task(desk: Workspace, text: str) -> None:
    desk.find(text.format(url=desk.standin.url))
    expect(desk.page.get_by_role("heading", name="Night drive, north loop")).to_be_visible()
    expect(desk.page.locator("#facts")).to_have_text(" · 227 images · 5 jobs · 3 deleted left out")
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


def test_words_and_enter_list_the_tasks(desk: Workspace) -> None:
    desk.find("honeypots")
    desk.page.get_by_role("link", name="Parking lots with honeypots").click()
    expect(desk.page.locator("#facts")).to_contain_text("honeypot")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("99999", "Task 99999 does not exist"),
        ("job 99999", "Job 99999 does not exist"),
        ("https://elsewhere.example.com/tasks/1", "elsewhere.example.com"),
        ("12345678901234", "cannot be the number"),
    ],
)
def test_what_cannot_be_opened_is_said(desk: Workspace, text: str, said: str) -> None:
    desk.find(text)
    expect(desk.page.get_by_role("alert")).to_contain_text(said)
    expect(desk.page.get_by_role("link", name="See the newest tasks")).to_be_visible()


def test_it_searches_as_one_types(desk: Workspace) -> None:
    desk.page.goto("/choose")
    field(desk).press_sequentially("night dr", delay=20)
    expect(options(desk).first).to_contain_text("Night drive, north loop")
    expect(options(desk).first).to_contain_text("Task 1 · 230 frames · 5 jobs · demo")
    picture = options(desk).first.locator("img")
    eventually(lambda: picture.evaluate("image => image.naturalWidth > 0"))
    expect(field(desk)).to_have_attribute("aria-expanded", "true")
    field(desk).press("ArrowDown")
    expect(field(desk)).to_have_attribute("aria-activedescendant", "found-0")
    expect(options(desk).first).to_have_attribute("aria-selected", "true")
    field(desk).press("Enter")
    desk.expect_chosen(0, 227)


def test_typing_on_gives_up_the_search_before(desk: Workspace) -> None:
    """The answer to "n" comes late; it must not replace that to "folders"."""
    desk.page.goto("/choose")
    hold = desk.standin.faults.hold("/api/tasks")
    with desk.page.expect_request("**/api/search*"):
        field(desk).fill("n")
    with desk.page.expect_request("**/api/search*q=folders*"):
        field(desk).fill("folders")
    hold.release()
    expect(options(desk)).to_have_count(1)
    expect(options(desk).first).to_contain_text("Two cameras")
    desk.page.wait_for_timeout(300)
    expect(options(desk)).to_have_count(1)


def test_an_answer_is_to_what_was_asked(desk: Workspace) -> None:
    """That to the empty question comes after the first letters: it says nothing of them."""
    desk.page.goto("/choose")
    late: list[Route] = []
    desk.page.route(re.compile(r"/api/search\?(?!.*q=)"), lambda route: late.append(route))  # noqa: PLW0108 - takes no built-in
    hold = desk.standin.faults.hold("/api/tasks")
    field(desk).focus()
    eventually(lambda: desk.page.wait_for_timeout(20) or late)
    field(desk).evaluate(
        """field => {
          window.said = [];
          const list = document.getElementById("found");
          new MutationObserver(() => window.said.push(list.textContent))
            .observe(list, {childList: true});
        }"""
    )
    field(desk).press_sequentially("night")
    with suppress(Error):
        late[0].fulfill(json={"results": [], "recent": [], "hint": ""})
    expect(options(desk)).to_have_text("Searching…")
    expect(desk.page.locator("#found-status")).to_have_text("Searching…")
    desk.page.wait_for_timeout(500)
    hold.release()
    expect(options(desk).first).to_contain_text("Night drive, north loop")
    assert not [words for words in desk.page.evaluate("window.said") if "Nothing" in words]


def test_what_was_found_stays_while_one_types_on(desk: Workspace) -> None:
    desk.page.goto("/choose")
    field(desk).fill("night")
    expect(options(desk).first).to_contain_text("Night drive")
    hold = desk.standin.faults.hold("/api/tasks")
    field(desk).press_sequentially(" dr")
    expect(desk.page.locator("#found-status")).to_have_text("Searching…")
    expect(options(desk).first).to_contain_text("Night drive")
    hold.release()
    expect(desk.page.locator("#found-status")).to_have_text("1 found")


def test_nothing_is_found(desk: Workspace) -> None:
    desk.page.goto("/choose")
    field(desk).fill("no such thing")
    expect(options(desk)).to_contain_text("Nothing in CVAT matches “no such thing”")
    field(desk).press("Escape")
    expect(options(desk)).to_have_count(0)


def test_a_foreign_address_is_explained_while_typing(desk: Workspace) -> None:
    desk.page.goto("/choose")
    field(desk).fill("https://elsewhere.example.com/tasks/1")
    expect(options(desk)).to_contain_text("elsewhere.example.com")


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


def test_recent_tasks(desk: Workspace) -> None:
    desk.open_task(2)
    desk.open_task(DRIVE)
    field(desk).focus()
    expect(options(desk)).to_have_count(2)
    expect(options(desk).first).to_contain_text("Night drive")
    options(desk).nth(1).click()
    desk.expect_chosen(0, 47)


def test_projects_are_found(desk: Workspace) -> None:
    desk.page.goto("/choose")
    field(desk).fill("Crossings")
    options(desk).filter(has_text="Project").click()
    expect(desk.page.get_by_role("link", name="Crossing, day")).to_be_visible()


def test_enter_offers_the_projects_that_the_list_shows(desk: Workspace) -> None:
    desk.find("Crossings")
    project = desk.page.get_by_role("link", name="Crossings")
    expect(project).to_be_visible()
    above, tasks = project.bounding_box(), desk.page.locator(".task-card").first.bounding_box()
    assert above
    assert tasks
    assert above["y"] < tasks["y"]
    project.click()
    expect(desk.page.get_by_role("heading", name="Tasks of Crossings")).to_be_visible()
    expect(desk.page.locator(".task-card")).to_have_count(2)


def test_a_number_is_a_task_and_a_job(desk: Workspace) -> None:
    desk.page.goto("/choose")
    field(desk).fill("3")
    expect(options(desk).nth(0)).to_contain_text("Task 3")
    expect(options(desk).nth(1)).to_contain_text("Job 3 of task 1")
    field(desk).press("Enter")
    expect(desk.page.get_by_role("heading", name="Dash cam video", exact=True)).to_be_visible()


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


def test_hostile_names_are_words(desk: Workspace) -> None:
    name = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
    desk.standin.world.tasks[DRIVE].name = name
    desk.page.goto("/choose")
    field(desk).fill("pwned")
    expect(options(desk).first).to_contain_text(name)
    desk.open_task(DRIVE)
    expect(desk.page.get_by_role("heading", name=name)).to_be_visible()
    assert "pwned" not in desk.page.title().split("<")[0]


def test_jobs_can_be_filtered(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    page.get_by_label("Stage").select_option("acceptance")
    expect(page.get_by_text("48 of 227 shown")).to_be_visible()
    assert desk.bars() == ["Job 1: 0/48"]
    desk.button("Choose these").click()
    desk.expect_chosen(48, 227)
    page.get_by_label("Assignee").select_option("bob")
    expect(page.get_by_text("No job is like that.")).to_be_visible()
    desk.button("Show all jobs").click()
    expect(desk.button("Select all")).to_be_visible()
    assert len(desk.bars()) == 5
    page.get_by_label("State", exact=True).select_option(label="in progress")
    assert [bar.split(":")[0] for bar in desk.bars()] == ["Job 2", "Job 3"]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_list_tells_what_each_job_is(open_portal: Callable[..., Portal], width: int) -> None:
    portal = open_portal(viewport={"width": width, "height": 844})
    portal.connect()
    desk = Workspace(portal)
    desk.open_task(DRIVE)
    if width < 900:
        desk.button("Pick…").click()
    facts = desk.page.locator("#bars .job-facts")
    expect(facts.first).to_have_text("frames 0–49 · acceptance · completed · alice")
    expect(facts.nth(3)).to_have_text("frames 135–184 · annotation · rejected")
    facts.last.scroll_into_view_if_needed()
    expect(facts.last).to_be_in_viewport()


def test_a_thousand_jobs_scroll_in_the_panel(desk: Workspace) -> None:
    desk.standin.world.add_task(
        "Many jobs", task_id=99, owner="demo", count=1000, size=(32, 24), segment_size=1
    )
    desk.open_task(99)
    bars = desk.page.locator("#bars")
    expect(bars.locator("li")).to_have_count(1000)
    assert bars.evaluate("list => list.scrollHeight > 20 * list.clientHeight")
    assert bars.locator(".job-facts").last.evaluate(
        "facts => !facts.checkVisibility({contentVisibilityAuto: true})"
    )
    bars.locator("li").last.scroll_into_view_if_needed()
    expect(bars.locator(".job-facts").last).to_be_in_viewport()


def test_a_job_in_the_list_leads_to_its_frames(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.button("Job 4:").click()
    desk.in_sight(150)


@pytest.mark.parametrize(("task", "said"), [(9, "no "), (14, "3D point clouds")])
def test_tasks_without_pictures(desk: Workspace, task: int, said: str) -> None:
    desk.page.goto(f"/choose?task={task}")
    expect(desk.page.locator("#notice")).to_contain_text(said)
    expect(desk.button("Try again")).to_be_visible()


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
