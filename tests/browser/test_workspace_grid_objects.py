"""The objects on the thumbnails: drawn where they are, counted, switched, asked for."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from standin.annotated import add_annotated_task
from standin.model import Task
from tests.annotated import Case
from tests.browser.workspace import Workspace
from tests.recorded import FOLDER

RECORDED = FOLDER / "annotated" / "overlap"
ADDRESS = "**/api/tasks/*/outlines?*"


def opened(desk: Workspace) -> Task:
    task = add_annotated_task(desk.standin.world, RECORDED)
    for user in desk.standin.world.users.values():
        user.is_superuser |= user.username == "demo"
    desk.open_task(task.id)
    return task


def switch(desk: Workspace) -> Locator:
    return desk.button("Objects")


def counts(desk: Workspace) -> Locator:
    return desk.grid.locator(".objects-count:visible")


def test_objects_are_shown_while_the_switch_is_on_and_it_is_remembered(desk: Workspace) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    answer = {"detail": "CVAT does not answer. Try again in a minute.", "code": "cvat_unreachable"}
    desk.page.route(ADDRESS, lambda route: route.fulfill(status=502, json=answer))
    task = opened(desk)
    desk.painted(0)
    expect(counts(desk)).to_have_count(0)
    assert not [url for url in asked if "outlines?" in url]
    switch(desk).click()
    expect(switch(desk)).to_have_attribute("aria-pressed", "true")
    # A failure is told and can be repeated.
    said = desk.page.locator("#objects-status")
    expect(said).to_contain_text("CVAT does not answer. Try again in a minute.")
    desk.painted(0)
    desk.page.unroute(ADDRESS)
    said.get_by_role("button", name="Try again").click()
    expect(counts(desk).first).to_be_visible()
    expect(said).to_be_empty()
    expect_each_frame_with_its_objects(desk, task)
    desk.open_task(task.id)
    expect(switch(desk)).to_have_attribute("aria-pressed", "true")
    expect(counts(desk).first).to_be_visible()
    desk.page.keyboard.press("a")
    expect(counts(desk)).to_have_count(0)
    expect(desk.grid.locator(".outlines path")).to_have_count(0)
    expect(desk.cell(0)).not_to_have_attribute("aria-description", re.compile(""))
    desk.open_task(task.id)
    expect(switch(desk)).to_have_attribute("aria-pressed", "false")


def expect_each_frame_with_its_objects(desk: Workspace, task: Task) -> None:
    """Each cell tells how many objects its frame has, and draws them where they lie."""
    case = Case(RECORDED)
    expected = case.objects()
    for frame, objects in expected.items():
        cell = desk.cell(frame)
        expect(cell.locator(".objects-count")).to_have_text(str(len(objects)))
        number = "1 object" if len(objects) == 1 else f"{len(objects)} objects"
        expect(cell).to_have_attribute("aria-description", number)
    assert len(expected) == task.size
    svg = desk.cell(0).locator(".outlines")
    expect(svg.locator("path").first).to_be_attached()
    picture, drawing = desk.cell(0).locator("img").bounding_box(), svg.bounding_box()
    assert picture == drawing
    image = case.meta.frames[0]
    assert svg.get_attribute("viewBox") == f"0 0 {image.width} {image.height}"
    assert svg.get_attribute("preserveAspectRatio") is None  # fitted into the middle, as the image


def test_what_is_known_is_not_asked_for_again(desk: Workspace) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.open_task(1)
    switch(desk).click()
    expect(desk.cell(0).locator(".objects-count")).to_be_visible()
    desk.scroll_to(2000)
    desk.settled()
    expect(desk.cell_at_top().locator(".objects-count")).to_be_visible()
    desk.scroll_to(0)
    desk.settled()
    expect(desk.cell(0).locator(".objects-count")).to_be_visible()
    ranges = [re.search(r"frames=([^&]*)", url) for url in asked if "outlines?" in url]
    numbers = [number for found in ranges if found for number in expanded(found[1])]
    assert numbers.count(0) == 1  # of those that have left the window too early, some come later


def expanded(text: str) -> list[int]:
    numbers: list[int] = []
    for part in text.replace("%2C", ",").split(","):
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers
