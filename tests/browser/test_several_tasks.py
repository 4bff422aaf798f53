"""Several tasks at once: from the list, drawn from, chosen by hand, saved, opened again."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from playwright.sync_api import Locator, Request, Route, expect

from selections.models import Selection
from standin.annotated import add_annotated_task
from tests.annotated import Case
from tests.browser.workspace import Workspace
from tests.conftest import api_of
from tests.recorded import FOLDER

DRIVE, FOLDERS, DAY, DUSK = 1, 2, 12, 13  # the last two are those of the project "Crossings"
CROSSINGS = 2
RECORDED = FOLDER / "annotated"


def open_tasks(desk: Workspace, *tasks: int, **named: int) -> None:
    query = "".join(f"&{name}={value}" for name, value in named.items())
    desk.page.goto(f"/choose?tasks={','.join(map(str, tasks))}{query}")
    expect(desk.cells.first).to_be_visible()


def cell(desk: Workspace, name: str) -> Locator:
    return desk.grid.locator(f'.cell[title="{name}"]:visible')


def heading(desk: Workspace, name: str) -> Locator:
    return desk.grid.locator(".task-lane").filter(has_text=name)


def test_checked_in_the_list_and_drawn_from(desk: Workspace, alice: User) -> None:
    page = desk.page
    page.goto("/choose")
    page.get_by_role("checkbox", name="Choose frames of Crossing, day").check()
    bar = page.locator("#task-checks")
    expect(bar).to_contain_text("1 task chosen")
    page.goto("/choose?find=dusk")
    expect(bar).to_contain_text("1 of them not in this list")
    page.get_by_role("checkbox", name="Choose frames of Crossing, dusk").focus()
    page.keyboard.press("Space")
    expect(bar).to_contain_text("2 tasks chosen")
    bar.get_by_role("link", name="Choose frames").click()
    expect(page.get_by_role("heading", name="2 tasks")).to_be_visible()
    expect(desk.grid.get_by_role("heading", name="Crossing, day")).to_be_visible()
    desk.expect_chosen(0, 60)

    # A draw is that of the API.
    desk.pick("3", seed="7")
    desk.expect_chosen(12, 60)
    body = {"task_ids": [DAY, DUSK], "count": 3, "random_seed": 7}
    drawn = api_of(alice).post("/api/random-select", body).json()
    assert desk.info() == drawn["images"]
    desk.button("Keep, draw more").click()
    desk.expect_chosen(24, 60)
    desk.save("Both")
    selection = Selection.objects.get()
    assert selection.parameters["task_ids"] == [DAY, DUSK]
    assert selection.tasks.count() == 2

    # Near duplicates name their task.
    desk.pick("100", seed="7", mode="No doubles")
    left_out = page.locator("#near-duplicates")
    left_out.locator("summary").click()
    expect(left_out.locator("li").first).to_have_text(
        re.compile(r"^\d+ of task 1[23] like \d+ of task 1[23], \d+ bits? apart$")
    )


def test_all_tasks_of_a_project(desk: Workspace) -> None:
    desk.page.goto(f"/choose?project={CROSSINGS}")
    desk.page.get_by_role("link", name="Choose from all 2").click()
    expect(desk.page.get_by_role("heading", name="Crossings", exact=True)).to_be_visible()
    expect(cell(desk, "day_000.jpg")).to_be_visible()
    desk.pick("2", seed="3", mode="Over all")
    desk.expect_chosen(2, 60)
    desk.save("Of the project")
    selection = Selection.objects.get()
    assert selection.parameters["project_id"] == CROSSINGS
    desk.page.goto(f"/selections/{selection.pk}")
    desk.page.get_by_role("link", name="Open in the workspace").click()
    expect(desk.page.get_by_role("heading", name="Crossings", exact=True)).to_be_visible()
    desk.expect_chosen(2, 60)
    expect(desk.page.locator("#seed")).to_have_value("3")  # the draw goes on


def asked_tasks(desk: Workspace) -> list[str]:
    """The ids of the tasks that the page asks for from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/api/catalog" in request.url:
            asked.append(request.url.split("task_id=")[1].split("&")[0])

    desk.page.on("request", note)
    return asked


def test_what_is_looked_at_is_loaded(desk: Workspace) -> None:
    asked = asked_tasks(desk)
    open_tasks(desk, DRIVE, FOLDERS, DAY, DUSK)
    desk.settled()
    assert str(DUSK) not in asked  # the first task fills the window
    expect(desk.page.locator("#bars")).to_contain_text("Crossing, dusk #13: ")
    desk.page.get_by_role("button", name="Crossing, dusk #13").click()
    first = cell(desk, "dusk_000.jpg")
    expect(first).to_be_in_viewport()
    # The tasks above that are in the window are loaded too, and push nothing out of it.
    expect(desk.page.locator("#bars")).to_contain_text(f"Job {day_jobs(desk)[0]}: ")
    desk.settled()
    expect(first).to_be_in_viewport()


def day_jobs(desk: Workspace) -> list[int]:
    return [job.id for job in desk.standin.world.tasks[DAY].jobs]


def test_filters_limit_a_draw_over_all_tasks(desk: Workspace) -> None:
    """Also those of tasks whose jobs the page does not know yet."""
    open_tasks(desk, DAY, DUSK, DRIVE)
    desk.page.get_by_label("Stage").select_option("acceptance")
    desk.pick("4", seed="7")
    said = desk.page.locator("#pick-jobs")
    expect(said).to_have_text("Only from jobs with stage “acceptance”.")
    desk.expect_chosen(4, 287)
    assert {frame["job_id"] for frame in desk.info()} == {1}
    expect(desk.page).to_have_url(re.compile("stage=acceptance"))
    desk.save("Accepted")
    open_tasks(desk, DAY, DUSK, DRIVE, selection=Selection.objects.get().pk)
    desk.expect_chosen(4, 287)
    expect(desk.page.get_by_label("Stage")).to_have_value("=acceptance")


def test_by_hand_over_the_tasks(desk: Workspace) -> None:
    open_tasks(desk, DAY, DUSK)
    cell(desk, "day_001.jpg").click()
    desk.page.get_by_role("button", name="Crossing, dusk #13").click()
    cell(desk, "dusk_001.jpg").click(modifiers=["Shift"])
    desk.expect_chosen(31, 60)
    desk.button("Undo").click()
    desk.expect_chosen(1, 60)
    desk.button("Redo").click()
    names = [frame["filename"] for frame in desk.info()]
    assert names == [f"day_{n:03}.jpg" for n in range(1, 30)] + ["dusk_000.jpg", "dusk_001.jpg"]
    heading(desk, "Crossing, dusk").get_by_role("button", name="Choose all").click()
    desk.expect_chosen(59, 60)
    expect(heading(desk, "Crossing, dusk")).to_contain_text("30 of 30 chosen")

    # Typed numbers are those of one task.
    desk.button("Clear").click()
    desk.page.locator("#pick").get_by_text("By hand", exact=True).click()
    desk.page.get_by_label("Of", exact=True).select_option("Crossing, dusk #13")
    desk.page.get_by_label("Frame numbers or file names").fill("0-4")
    desk.button("Choose these").last.click()
    desk.expect_chosen(5, 60)
    assert {frame["task_id"] for frame in desk.info()} == {DUSK}

    # Saved and opened again.
    desk.page.get_by_role("button", name="Crossing, day #12").click()
    cell(desk, "day_001.jpg").click()
    desk.save("By hand")
    desk.page.goto(f"/selections/{Selection.objects.get().pk}")
    desk.page.get_by_role("link", name="Open in the workspace").click()
    desk.expect_chosen(6, 60)
    assert [frame["task_id"] for frame in desk.info()] == [DAY, *[DUSK] * 5]


def test_labels_folded_tasks_and_the_large_view(desk: Workspace) -> None:
    page = desk.page
    open_tasks(desk, DAY, DUSK)
    page.get_by_role("button", name="Crossing, dusk #13").click()
    expect(cell(desk, "dusk_000.jpg")).to_be_visible()  # both are loaded
    both = [f"task_ids={DAY}", f"task_ids={DUSK}"]
    with page.expect_request(lambda request: all(each in request.url for each in both)):
        page.locator("#annotations summary").first.click()
    said = page.locator("#annotations-said")
    expect(said).to_contain_text("of 60 frames are annotated")
    page.get_by_label("Label car").select_option("any")
    expect(said).to_contain_text("like this")
    expect(page.locator("#shown")).to_contain_text("of 60 shown")
    desk.button("Clear the conditions").click()
    expect(page.locator("#shown")).to_have_text("")

    # The large view names the task.
    page.get_by_role("button", name="Crossing, day #12").click()
    cell(desk, "day_001.jpg").dblclick()
    facts = page.locator("#viewer-facts")
    expect(facts).to_contain_text("Crossing, day (task 12)")
    page.keyboard.press("End")
    expect(facts).to_contain_text("Crossing, dusk (task 13)")
    expect(page.locator("#viewer-annotations-said")).to_contain_text("object")
    page.keyboard.press("Escape")

    # A folded task shows no frames, which are there all the same.
    page.get_by_role("button", name="Crossing, day #12").click()
    fold = heading(desk, "Crossing, day").get_by_role("button", name="Frames of Crossing, day")
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(fold).to_be_focused()
    expect(cell(desk, "day_000.jpg")).to_have_count(0)
    expect(cell(desk, "dusk_000.jpg")).to_be_visible()
    desk.button("Select all").click()
    desk.expect_chosen(60, 60)


def test_a_task_that_cannot_be_loaded(desk: Workspace) -> None:
    page = desk.page
    asked = re.compile(rf"/api/catalog\?task_id={DUSK}&")

    def fail(route: Route) -> None:
        route.fulfill(status=502, json={"detail": "CVAT is out of order.", "code": "cvat"})

    page.route(asked, fail)
    open_tasks(desk, DRIVE, DAY, DUSK)

    # The large view ends before it.
    cell(desk, "north_0000.jpg").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    title(desk, "day_029.jpg")
    expect(desk.button("Next frame")).to_be_disabled()
    page.keyboard.press("Escape")

    # Its heading says so.
    page.get_by_role("button", name="Crossing, dusk #13").click()
    expect(heading(desk, "Crossing, dusk")).to_contain_text("CVAT is out of order.")
    page.unroute(asked)
    heading(desk, "Crossing, dusk").get_by_role("button", name="again").click()
    expect(cell(desk, "dusk_000.jpg")).to_be_visible()


def test_chosen_frames_of_a_label_are_counted_in_many_tasks(desk: Workspace) -> None:
    """One request asks for all labels of the tasks that have chosen frames."""
    world = desk.standin.world
    world.user("demo").is_superuser = True
    folders = [RECORDED / name for name in ("shapes", "attributes_tags", "skeletons", "consensus")]
    ids = [DAY, DUSK, *(add_annotated_task(world, folder).id for folder in folders)]
    open_tasks(desk, *ids)
    desk.pick("100", mode="Over all")
    all_chosen = desk.page.locator(".dock-count")
    expect(all_chosen).to_have_text(re.compile(r"^(\d+) of \1 chosen$"))
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.page.locator("#annotations summary").first.click()
    annotated = [each for folder in folders for each in Case(folder).objects().values()]
    chart = desk.page.locator("#annotations-labels")
    for name in {each["label"] for objects in annotated for each in objects}:
        row = chart.get_by_role("listitem").filter(
            has=desk.page.get_by_label(f"Label {name}", exact=True)
        )
        expect(row.locator(".label-numbers")).to_have_text(re.compile(r"^(\d+)/\1$"))
    assert len([url for url in asked if "with_frames" in url]) == 1
    desk.button("Clear").click()
    expect(row.locator(".label-numbers")).to_have_text(re.compile(r"^0/\d+$"))


def test_names_are_pasted_for_all_tasks(desk: Workspace) -> None:
    """Also for those that nobody has looked at, which are loaded for it."""
    open_tasks(desk, DRIVE, DAY, DUSK)
    desk.page.locator("#pick").get_by_text("By hand", exact=True).click()
    field = desk.page.get_by_label("Frame numbers or file names")
    field.fill("dusk_005.jpg\nday_007.jpg\nnone.jpg")
    problems = desk.page.locator("#ranges-problems summary")
    expect(problems).to_contain_text("not understood")
    desk.page.get_by_label("Of", exact=True).select_option("all")
    expect(problems).to_have_text("1 entry not understood")
    desk.button("Choose these").last.click()
    expect(desk.page.locator("#count")).to_have_text("2")
    assert {row["filename"] for row in desk.info()} == {"dusk_005.jpg", "day_007.jpg"}


def title(desk: Workspace, name: str) -> None:
    expect(desk.page.locator("#viewer-name")).to_have_text(name)


def test_the_large_view_goes_on_to_tasks_that_are_not_loaded(desk: Workspace) -> None:
    """One between others is loaded when the large view comes to it."""
    page, asked = desk.page, asked_tasks(desk)
    last = desk.standin.world.add_task("Last", owner="demo", images=["last_0.jpg", "last_1.jpg"])
    open_tasks(desk, DRIVE, FOLDERS, DAY, last.id)
    cell(desk, "north_0000.jpg").focus()
    page.keyboard.press("Enter")
    expect(desk.button("Previous frame")).to_be_disabled()
    page.keyboard.press("End")
    title(desk, "last_1.jpg")
    expect(desk.button("Next frame")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    title(desk, "last_0.jpg")
    assert str(DAY) not in asked
    desk.button("Previous frame").click()
    title(desk, "day_029.jpg")
    page.keyboard.press("ArrowRight")
    title(desk, "last_0.jpg")
    page.keyboard.press("Home")
    title(desk, "north_0000.jpg")
