"""The panel "Annotations": frames by what is on them, in the grid, in draws, in the address."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from selector.models import AnnotationIndexing
from selector.services import annotation_index, indexing
from standin.annotated import add_annotated_task
from tests.annotated import Case
from tests.browser.axe import assert_accessible
from tests.browser.workspace import Workspace
from tests.recorded import FOLDER

SHAPES = FOLDER / "annotated" / "shapes"
ATTRIBUTES = FOLDER / "annotated" / "attributes_tags"
LABELS = "**/labels?*"


class Panel:
    """The panel, open, on a recorded task. A query in the address that asks for labels opens it."""

    def __init__(self, desk: Workspace, recorded: Path = SHAPES, query: str = "") -> None:
        self.desk, self.page = desk, desk.page
        self.case = Case(recorded)
        self.task = add_annotated_task(desk.standin.world, recorded)
        for user in desk.standin.world.users.values():
            user.is_superuser |= user.username == "demo"
        self.path = f"/choose?task={self.task.id}"
        self.page.goto(self.path + query)
        if not query:
            self.page.locator("#annotations > summary").click()

    def label(self, name: str) -> Locator:
        return self.page.get_by_label(f"Label {name}", exact=True)

    def row(self, name: str) -> Locator:
        return self.page.locator("#annotations-labels li").filter(has=self.label(name))

    def frames_with(self, name: str) -> list[int]:
        objects = self.case.objects().items()
        return [frame for frame, found in objects if any(it["label"] == name for it in found)]

    def expect_grid(self, frames: list[int]) -> None:
        """Wait until the grid shows these frames: while it is laid out anew it is empty."""
        expect(self.desk.cells).to_have_count(len(frames))
        read = "all => all.map((it) => Number(it.dataset.frame))"
        self.desk.until(lambda: sorted(self.desk.cells.evaluate_all(read)) == frames)

    @property
    def names(self) -> list[str]:
        """The labels with frames, those with few first."""
        names = {each["label"] for found in self.case.objects().values() for each in found}
        return sorted(names, key=lambda name: (len(self.frames_with(name)), name))


def test_labels_narrow_the_grid_select_all_and_the_draw(desk: Workspace) -> None:
    panel = Panel(desk)
    [name, other, *_] = panel.names
    frames = panel.frames_with(name)
    assert 0 < len(frames) < panel.task.size
    numbers = panel.row(name).locator(".label-numbers")
    expect(numbers).to_have_text(f"0/{len(frames)}")
    expect(panel.row(name)).to_contain_text(re.compile(f"0 of {len(frames)} frames? chosen"))
    # All of one and none of another.
    desk.button("Select all").click()
    panel.label(name).select_option("none")
    panel.label(other).select_option("all")
    others = [frame for frame in panel.frames_with(other) if frame not in frames]
    assert others
    panel.expect_grid(others)
    of_others = panel.row(other).locator(".label-numbers")
    expect(of_others).to_have_text(f"{len(others)}/{len(others)}")
    panel.label(other).select_option("no matter")
    desk.button("Clear").click()
    # Any.
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


def test_more_conditions(desk: Workspace) -> None:
    panel = Panel(desk)
    page = panel.page
    page.get_by_text("More conditions").click()
    heights = "[document.documentElement.scrollHeight, innerHeight]"
    for height in (500, 900):
        page.set_viewport_size({"width": 1280, "height": height})
        scroll, window = page.evaluate(heights)
        assert scroll <= window
    # Frames without objects.
    empty = [frame for frame, objects in panel.case.objects().items() if not objects]
    page.locator("#annotations-annotated").select_option("not annotated")
    panel.expect_grid(empty)
    page.locator("#annotations-objects-from").fill("1")
    expect(page.get_by_text("No frame is like that.")).to_be_visible()
    desk.button("Show all frames").click()
    panel.expect_grid(panel.case.frames)
    # A number that cannot be read.
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
    # For screen readers.
    share.fill("")
    panel.label(panel.names[0]).select_option("any")
    expect(page.locator("#annotations-on")).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    desk.button("Pick…").click()
    expect(panel.label(panel.names[0])).to_be_visible()
    assert_accessible(page, in_dark=False)


def test_conditions_are_in_the_address_and_can_be_dropped(desk: Workspace) -> None:
    panel = Panel(desk, ATTRIBUTES)
    page = panel.page
    page.get_by_text("More conditions").click()
    # The value of an attribute.
    values = page.locator("#annotations-attribute option")
    text, value = values.nth(1).inner_text(), values.nth(1).get_attribute("value")
    assert value is not None
    page.locator("#annotations-attribute").select_option(value)
    wanted = json.loads(value)
    objects = panel.case.objects()
    with_value = [
        frame
        for frame, found in objects.items()
        if any(
            each["label"] == wanted["label"]
            and each["attributes"].get(wanted["name"]) == wanted["value"]
            for each in found
        )
    ]
    assert text.startswith(wanted["value"])
    panel.expect_grid(with_value)
    # Beside it a label and a number.
    name = next(name for name in panel.names if set(panel.frames_with(name)) & set(with_value))
    without = [frame for frame in with_value if frame not in panel.frames_with(name)]
    panel.label(name).select_option("none")
    page.locator("#annotations-objects-from").fill("1")
    panel.expect_grid(without)
    desk.until(lambda: "objects_from=1" in page.url)
    query = parse_qs(urlsplit(page.url).query)
    assert (query["labels_none"], query["objects_from"]) == ([name], ["1"])
    page.reload()
    panel.expect_grid(without)
    expect(page.locator("#annotations-on")).to_be_visible()
    page.locator("#annotations > summary").click()
    desk.button(f"Remove {wanted['label']}: {wanted['name']} = {wanted['value']}").click()
    panel.expect_grid(
        [frame for frame in objects if objects[frame] and frame not in panel.frames_with(name)]
    )
    desk.button("Clear the conditions").click()
    panel.expect_grid(panel.case.frames)
    assert "labels_none" not in page.url


def test_what_is_said_until_all_jobs_are_read(
    desk: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure; then the worker has read nothing yet, when a pick comes too early; then all."""
    monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", 0)
    page = desk.page
    answer = {"detail": "CVAT does not answer. Try again in a minute.", "code": "cvat_unreachable"}
    page.route(LABELS, lambda route: route.fulfill(status=502, json=answer))
    panel = Panel(desk)
    said, form = page.locator("#annotations-said"), page.locator("#annotations-form")
    expect(said).to_contain_text("CVAT does not answer. Try again in a minute.")
    expect(form).to_be_hidden()
    page.unroute(LABELS)
    said.get_by_role("button", name="Try again").click()
    expect(form).to_be_visible()
    expect(said).to_contain_text("Read 0 of 1 job: of the others nothing is known yet.")
    desk.pick("1", mode="By label")
    error = page.locator("#pick-error")
    expect(error).to_contain_text("0 of 1 jobs so far")
    # What the worker does.
    assert indexing.index_annotations(AnnotationIndexing.objects.get().pk)
    expect(said).to_contain_text(re.compile("are annotated.$"))
    expect(error).to_be_empty()
    expect(page.locator("#dock-status")).to_have_text("The annotations are read. Pick again.")
    name = panel.names[0]
    numbers = panel.row(name).locator(".label-numbers")
    expect(numbers).to_have_text(f"0/{len(panel.frames_with(name))}")
    expect(page.locator("#tray")).to_be_hidden()  # the panel has said it, no notice does
    expect(page.locator("#desk-ready")).to_be_empty()


def test_draws_with_labels_that_are_missing_or_few(desk: Workspace) -> None:
    panel = Panel(desk, query="&labels_any=unicorn")
    page, said = panel.page, panel.page.locator("#annotations-said")
    expect(said).to_contain_text(f"Task {panel.task.id} has no label “unicorn”.")
    panel.expect_grid(panel.case.frames)
    desk.button("Pick at random").click()
    expect(page.locator("#pick-error")).to_contain_text("no label “unicorn”")
    desk.button("Clear the conditions").click()
    expect(said).to_contain_text("are annotated.")
    desk.pick("1", seed="7", mode="Over all")
    desk.expect_chosen(1, panel.task.size)
    # A draw by label says of which there are too few, of a task and of a job alone.
    name = panel.names[0]
    count = len(panel.frames_with(name))
    for path in (None, f"/choose?job={panel.task.jobs[0].id}"):
        if path:
            page.goto(path)
        desk.pick("100", seed="7", mode="By label")
        expect(page.locator("#dock-status")).to_contain_text(f"{count} of 100 with “{name}”")
        expect(page.get_by_text("Frames per label")).to_be_visible()
