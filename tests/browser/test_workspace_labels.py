"""The panel "Annotations": frames by what is on them, in the grid, in draws, in the address."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Route, expect

from selector.services import annotation_index
from standin.annotated import add_annotated_task
from tests.annotated import Case
from tests.browser.test_accessibility import assert_accessible
from tests.browser.workspace import Workspace
from tests.recorded import FOLDER

SHAPES = FOLDER / "annotated" / "shapes"
ATTRIBUTES = FOLDER / "annotated" / "attributes_tags"
LABELS = "**/labels?*"


class Panel:
    """The panel, open, on a recorded task."""

    def __init__(self, desk: Workspace, recorded: Path = SHAPES) -> None:
        self.desk, self.page = desk, desk.page
        self.case = Case(recorded)
        self.task = add_annotated_task(desk.standin.world, recorded)
        for user in desk.standin.world.users.values():
            user.is_superuser |= user.username == "demo"
        self.path = f"/choose?task={self.task.id}"
        self.page.goto(self.path)
        self.page.locator("#annotations > summary").click()
        expect(self.page.locator("#annotations-form")).to_be_visible()

    def label(self, name: str) -> Locator:
        return self.page.get_by_label(f"Label {name}", exact=True)

    def row(self, name: str) -> Locator:
        return self.page.locator("#annotations-labels li").filter(has=self.label(name))

    def frames_with(self, name: str) -> list[int]:
        objects = self.case.objects().items()
        return [frame for frame, found in objects if any(it["label"] == name for it in found)]

    def expect_grid(self, frames: list[int]) -> None:
        expect(self.desk.cells).to_have_count(len(frames))
        shown = self.desk.cells.evaluate_all("all => all.map((it) => Number(it.dataset.frame))")
        assert sorted(shown) == frames

    @property
    def names(self) -> list[str]:
        """The labels with frames, those with few first."""
        names = {each["label"] for found in self.case.objects().values() for each in found}
        return sorted(names, key=lambda name: (len(self.frames_with(name)), name))


@pytest.fixture
def panel(desk: Workspace) -> Panel:
    return Panel(desk)


def test_a_label_narrows_the_grid_select_all_and_the_draw(panel: Panel) -> None:
    desk, [name, *_] = panel.desk, panel.names
    frames = panel.frames_with(name)
    assert 0 < len(frames) < panel.task.size
    numbers = panel.row(name).locator(".label-numbers")
    expect(numbers).to_have_text(f"0/{len(frames)}")
    expect(panel.row(name)).to_contain_text(re.compile(f"0 of {len(frames)} frames? chosen"))
    panel.label(name).select_option("any")
    panel.expect_grid(frames)
    desk.page.get_by_role("button", name="Choose these").click()
    desk.expect_chosen(len(frames), panel.task.size)
    expect(numbers).to_have_text(f"{len(frames)}/{len(frames)}")
    desk.button("Clear").click()
    expect(numbers).to_have_text(f"0/{len(frames)}")
    desk.pick("100", seed="7", mode="Over all")
    desk.expect_chosen(len(frames), panel.task.size)
    desk.save("With the label")
    saved = saved_id(desk)
    desk.button("Save and download").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("Its ZIP has no annotations")
    desk.page.goto(f"/choose?task={panel.task.id}&selection={saved}")
    expect(panel.label(name)).to_have_value("labels_any")


def saved_id(desk: Workspace) -> str:
    href = desk.page.get_by_role("link", name="“With the label”").get_attribute("href")
    assert href is not None
    return href.rsplit("/", 1)[1]


def test_all_and_none(panel: Panel) -> None:
    first, second, *_ = panel.names
    one, two = set(panel.frames_with(first)), set(panel.frames_with(second))
    panel.desk.button("Select all").click()
    panel.label(first).select_option("all")
    panel.label(second).select_option("none")
    panel.expect_grid(sorted(one - two))
    left = len(one - two)
    expect(panel.row(first).locator(".label-numbers")).to_have_text(f"{left}/{left}")


def test_the_filter_is_in_the_address_and_can_be_dropped(panel: Panel) -> None:
    page, [name, *_] = panel.page, panel.names
    panel.label(name).select_option("none")
    page.get_by_text("More conditions").click()
    page.locator("#annotations-objects-from").fill("1")
    expected = [
        frame
        for frame, objects in panel.case.objects().items()
        if objects and frame not in panel.frames_with(name)
    ]
    panel.expect_grid(expected)
    panel.desk.until(lambda: "objects_from=1" in page.url)
    query = parse_qs(urlsplit(page.url).query)
    assert (query["labels_none"], query["objects_from"]) == ([name], ["1"])
    page.reload()
    panel.expect_grid(expected)
    expect(page.locator("#annotations-on")).to_be_visible()
    page.locator("#annotations > summary").click()
    page.get_by_role("button", name="Clear the conditions").click()
    panel.expect_grid(panel.case.frames)
    assert "labels_none" not in page.url


def test_a_number_that_cannot_be_read_is_told_and_nothing_is_picked(panel: Panel) -> None:
    page, desk = panel.page, panel.desk
    page.get_by_text("More conditions").click()
    share = page.locator("#annotations-area-from")
    share.fill("250")
    problem = page.get_by_text("Picture share: give a percentage from 0 to 100.", exact=True)
    expect(problem).to_be_visible()
    expect(share).to_have_attribute("aria-invalid", "true")
    desk.pick("1", mode="Over all")
    expect(page.locator("#pick-error")).to_contain_text("Nothing is picked while a condition")
    desk.expect_chosen(0, panel.task.size)
    share.fill("1%")
    expect(problem).to_be_hidden()
    desk.until(lambda: "area_from=0.01" in page.url)


def test_the_window_does_not_scroll_with_the_conditions_open(panel: Panel) -> None:
    panel.page.get_by_text("More conditions").click()
    heights = "[document.documentElement.scrollHeight, innerHeight]"
    for height in (900, 500):
        panel.page.set_viewport_size({"width": 1280, "height": height})
        scroll, window = panel.page.evaluate(heights)
        assert scroll <= window


def test_frames_without_objects(panel: Panel) -> None:
    empty = [frame for frame, objects in panel.case.objects().items() if not objects]
    panel.page.get_by_text("More conditions").click()
    panel.page.locator("#annotations-annotated").select_option("not annotated")
    panel.expect_grid(empty)
    panel.page.locator("#annotations-objects-from").fill("1")
    expect(panel.page.get_by_text("No frame is like that.")).to_be_visible()
    panel.desk.button("Show all frames").click()
    panel.expect_grid(panel.case.frames)


def test_progress_is_said_until_all_jobs_are_read(desk: Workspace) -> None:
    read = iter([0, 0])

    def partly(route: Route) -> None:
        response = route.fetch()
        answer: dict[str, Any] = response.json()
        count = next(read, None)
        if count is not None:
            answer |= {"state": "reading", "jobs_read": count, "jobs_count": 12}
        route.fulfill(response=response, json=answer)

    desk.page.route(LABELS, partly)
    panel = Panel(desk)
    said = panel.page.locator("#annotations-said")
    expect(said).to_contain_text("Read 0 of 12 jobs: of the others nothing is known yet.")
    expect(said).to_contain_text(re.compile("are annotated.$"))


def test_a_pick_that_came_too_early_is_told_when_all_is_read(desk: Workspace) -> None:
    is_read = False

    def partly(route: Route) -> None:
        response = route.fetch()
        state = {} if is_read else {"state": "reading"}
        route.fulfill(response=response, json=response.json() | state)

    early = {"success": False, "message": "Try again in a moment.", "code": "annotations_not_read"}
    desk.page.route(LABELS, partly)
    desk.page.route("**/random-select", lambda route: route.fulfill(status=503, json=early))
    panel = Panel(desk)
    desk.pick("1", mode="Over all")
    error = panel.page.locator("#pick-error")
    expect(error).to_have_text("Try again in a moment.")
    is_read = True
    expect(error).to_be_empty()
    expect(panel.page.locator("#dock-status")).to_have_text("The annotations are read. Pick again.")


@pytest.mark.worker
def test_a_worker_reads_a_large_task(
    worker: None, desk: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", 0)
    panel = Panel(desk)
    name = panel.names[0]
    numbers = panel.row(name).locator(".label-numbers")
    expect(numbers).to_have_text(f"0/{len(panel.frames_with(name))}")
    expect(panel.page.locator("#annotations-said")).to_contain_text(re.compile("annotated.$"))
    expect(panel.page.locator("#tray")).to_be_hidden()  # the panel has said it, no notice does
    expect(panel.page.locator("#desk-ready")).to_be_empty()


def test_a_failure_is_told_and_can_be_repeated(desk: Workspace) -> None:
    answer = {"detail": "CVAT does not answer. Try again in a minute.", "code": "cvat_unreachable"}
    desk.page.route(LABELS, lambda route: route.fulfill(status=502, json=answer))
    desk.open_task(1)
    desk.page.locator("#annotations > summary").click()
    said = desk.page.locator("#annotations-said")
    expect(said).to_contain_text("CVAT does not answer. Try again in a minute.")
    desk.page.unroute(LABELS)
    said.get_by_role("button", name="Try again").click()
    expect(desk.page.locator("#annotations-form")).to_be_visible()


def test_axe_finds_nothing(panel: Panel) -> None:
    panel.label(panel.names[0]).select_option("any")
    panel.page.get_by_text("More conditions").click()
    expect(panel.page.locator("#annotations-on")).to_be_visible()
    assert_accessible(panel.page)
    panel.page.set_viewport_size({"width": 390, "height": 844})
    panel.desk.button("Pick…").click()
    expect(panel.label(panel.names[0])).to_be_visible()
    assert_accessible(panel.page)


def test_a_label_that_is_not_there(panel: Panel) -> None:
    page, said = panel.page, panel.page.locator("#annotations-said")
    page.goto(f"{panel.path}&labels_any=unicorn")
    expect(said).to_contain_text(f"Task {panel.task.id} has no label “unicorn”.")
    panel.expect_grid(panel.case.frames)
    panel.desk.button("Pick at random").click()
    expect(page.locator("#pick-error")).to_contain_text("no label “unicorn”")
    panel.desk.button("Clear the conditions").click()
    expect(said).to_contain_text("are annotated.")
    panel.desk.pick("1", seed="7", mode="Over all")
    panel.desk.expect_chosen(1, panel.task.size)


def test_a_draw_by_label_says_of_which_there_are_too_few(panel: Panel) -> None:
    desk, name = panel.desk, panel.names[0]
    count = len(panel.frames_with(name))
    for path in (panel.path, f"/choose?job={panel.task.jobs[0].id}"):
        desk.page.goto(path)
        desk.pick("100", seed="7", mode="By label")
        expect(desk.page.locator("#dock-status")).to_contain_text(f"{count} of 100 with “{name}”")
        expect(desk.page.get_by_text("Frames per label")).to_be_visible()


def test_an_attribute_value_is_asked_for(desk: Workspace) -> None:
    panel = Panel(desk, ATTRIBUTES)
    panel.page.get_by_text("More conditions").click()
    values = panel.page.locator("#annotations-attribute option")
    text, value = values.nth(1).inner_text(), values.nth(1).get_attribute("value")
    assert value is not None
    panel.page.locator("#annotations-attribute").select_option(value)
    wanted = json.loads(value)
    expected = [
        frame
        for frame, objects in panel.case.objects().items()
        if any(
            each["label"] == wanted["label"]
            and each["attributes"].get(wanted["name"]) == wanted["value"]
            for each in objects
        )
    ]
    assert text.startswith(wanted["value"])
    panel.expect_grid(expected)
    panel.page.reload()
    panel.expect_grid(expected)
    panel.page.locator("#annotations > summary").click()
    remove = f"Remove {wanted['label']}: {wanted['name']} = {wanted['value']}"
    panel.desk.button(remove).click()
    panel.expect_grid(panel.case.frames)
