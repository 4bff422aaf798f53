"""The one field searches as one types: tasks, jobs, projects, and what was opened lately."""

from __future__ import annotations

import re
from contextlib import suppress

from playwright.sync_api import Error, Request, Route, expect

from tests.browser.workspace import Workspace
from tests.conftest import eventually

DRIVE, FOLDERS = 1, 2


def field(desk: Workspace):
    return desk.page.get_by_role("combobox", name="Task, job, CVAT address or words")


def options(desk: Workspace):
    return desk.page.get_by_role("listbox", name="Found in CVAT").get_by_role("option")


def ended_searches(desk: Workspace, query: str) -> list[str]:
    """Grows by those that are answered or given up."""
    ended: list[str] = []

    def note(request: Request) -> None:
        if "/api/search" in request.url and query in request.url:
            ended.append(request.url)

    desk.page.on("requestfinished", note)
    desk.page.on("requestfailed", note)
    return ended


def test_it_searches_as_one_types(desk: Workspace) -> None:
    said = desk.page.locator("#found-status")
    desk.page.goto("/choose")
    field(desk).fill("no such thing")
    expect(options(desk)).to_contain_text("Nothing in CVAT matches “no such thing”")
    field(desk).press("Escape")
    expect(options(desk)).to_have_count(0)
    field(desk).fill("https://elsewhere.example.com/tasks/1")
    expect(options(desk)).to_contain_text("elsewhere.example.com")
    field(desk).fill("")
    field(desk).press_sequentially("night dr", delay=20)
    expect(options(desk).first).to_contain_text("Night drive, north loop")
    expect(options(desk).first).to_contain_text("Task 1 · 230 frames · 5 jobs · demo")
    # What was found stays while one types on.
    hold = desk.standin.faults.hold("/api/tasks")
    field(desk).press_sequentially("ive")
    expect(said).to_have_text("Searching…")
    expect(options(desk).first).to_contain_text("Night drive")
    hold.release()
    expect(said).to_have_text("1 found")
    picture = options(desk).first.locator("img")
    eventually(lambda: picture.evaluate("image => image.naturalWidth > 0"))
    expect(field(desk)).to_have_attribute("aria-expanded", "true")
    field(desk).press("ArrowDown")
    expect(field(desk)).to_have_attribute("aria-activedescendant", "found-0")
    expect(options(desk).first).to_have_attribute("aria-selected", "true")
    field(desk).press("Enter")
    desk.expect_chosen(0, 227)
    # A number is a task and a job.
    field(desk).fill("3")
    expect(options(desk).nth(0)).to_contain_text("Task 3")
    expect(options(desk).nth(1)).to_contain_text("Job 3 of task 1")
    field(desk).press("Enter")
    expect(desk.page.get_by_role("heading", name="Dash cam video", exact=True)).to_be_visible()


def test_late_answers(desk: Workspace) -> None:
    expect_an_answer_to_what_was_asked(desk)
    expect_typing_on_to_give_up_the_search_before(desk)


def expect_an_answer_to_what_was_asked(desk: Workspace) -> None:
    """That to the empty question comes after the first letters: it says nothing of them."""
    desk.page.goto("/choose")
    late: list[Route] = []
    ended = ended_searches(desk, "")
    desk.page.route(re.compile(r"/api/search\?(?!.*q=)"), lambda route: late.append(route))  # noqa: PLW0108 - takes no built-in
    hold = desk.standin.faults.hold("/api/tasks")
    field(desk).focus()
    desk.until(lambda: late)
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
    desk.until(lambda: late[0].request.url in ended)
    desk.drawn()
    hold.release()
    expect(options(desk).first).to_contain_text("Night drive, north loop")
    assert not [words for words in desk.page.evaluate("window.said") if "Nothing" in words]


def expect_typing_on_to_give_up_the_search_before(desk: Workspace) -> None:
    """The answer to "n" comes late; it must not replace that to "folders"."""
    ended = ended_searches(desk, "q=n&")
    hold = desk.standin.faults.hold(r"/api/tasks.*search=n(&|$)")
    field(desk).fill("n")
    assert hold.wait_for_request()
    field(desk).fill("folders")
    expect(options(desk).first).to_contain_text("Two cameras")
    hold.release()
    desk.until(lambda: ended)
    desk.drawn()
    expect(options(desk)).to_have_count(1)
    expect(options(desk).first).to_contain_text("Two cameras")


def test_hostile_names_are_words_and_recent_tasks_are_offered(desk: Workspace) -> None:
    name = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
    desk.standin.world.tasks[DRIVE].name = name
    desk.open_task(FOLDERS)
    field(desk).fill("pwned")
    expect(options(desk).first).to_contain_text(name)
    desk.open_task(DRIVE)
    expect(desk.page.get_by_role("heading", name=name)).to_be_visible()
    assert "pwned" not in desk.page.title().split("<")[0]
    field(desk).focus()
    expect(options(desk)).to_have_count(2)
    expect(options(desk).first).to_contain_text(name)
    assert "pwned" not in desk.page.title().split("<")[0]
    options(desk).nth(1).click()
    desk.expect_chosen(0, 47)


def test_projects_and_words(desk: Workspace) -> None:
    page = desk.page
    page.goto("/choose")
    field(desk).fill("Crossings")
    options(desk).filter(has_text="Project").click()
    expect(page.get_by_role("link", name="Crossing, day")).to_be_visible()
    # Enter offers the projects that the list shows.
    field(desk).fill("Crossings")
    field(desk).press("Enter")
    project = page.get_by_role("link", name="Crossings")
    expect(project).to_be_visible()
    above, tasks = project.bounding_box(), page.locator(".task-card").first.bounding_box()
    assert above
    assert tasks
    assert above["y"] < tasks["y"]
    project.click()
    expect(page.get_by_role("heading", name="Tasks of Crossings")).to_be_visible()
    expect(page.locator(".task-card")).to_have_count(2)
    # Words list the tasks.
    field(desk).fill("honeypots")
    field(desk).press("Enter")
    page.get_by_role("link", name="Parking lots with honeypots").click()
    expect(page.locator("#facts")).to_contain_text("honeypot")
