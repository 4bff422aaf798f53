"""The annotations in the large view: where they are drawn, counted, switched, read; and why there
are none."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Locator, Page, Route, expect

from standin.annotated import add_annotated_task
from standin.model import Task
from tests.browser.workspace import Workspace
from tests.conftest import eventually
from tests.recorded import FOLDER

ANNOTATED = FOLDER / "annotated"
ADDRESS = "**/api/tasks/*/annotations?*"


class Large:
    """The large view of a recorded task."""

    def __init__(self, desk: Workspace, case: str | Task, frame: int = 0) -> None:
        self.desk, self.page = desk, desk.page
        self.task = add(desk, ANNOTATED / case) if isinstance(case, str) else case
        self.open(frame)

    def open(self, frame: int) -> None:
        self.desk.open_task(self.task.id)
        self.desk.cell(frame).focus()
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#viewer-title")).to_have_text(f"Frame {frame}")

    def go_on(self) -> None:
        """To the next frame, until what is on it has been counted."""
        self.page.keyboard.press("ArrowRight")
        expect(self.said).to_have_text(re.compile("object"))

    @property
    def objects(self) -> Locator:
        return self.page.locator("#viewer-overlay .object")

    @property
    def said(self) -> Locator:
        return self.page.locator("#viewer-annotations-said")

    @property
    def object(self) -> Locator:
        return self.page.locator("#viewer-object")


def add(desk: Workspace, folder: Path) -> Task:
    world = desk.standin.world
    task = add_annotated_task(world, folder)
    for user in world.users.values():
        user.is_superuser |= user.username == "demo"
    return task


def place(element: Locator, picture: Locator) -> list[float]:
    """Where an element lies, in pixels of the original picture."""
    found: list[float] = element.evaluate(
        """(element, id) => {
          const picture = document.getElementById(id);
          const whole = picture.getBoundingClientRect();
          const scale = Math.min(
            whole.width / picture.naturalWidth, whole.height / picture.naturalHeight);
          const left = whole.left + (whole.width - scale * picture.naturalWidth) / 2;
          const top = whole.top + (whole.height - scale * picture.naturalHeight) / 2;
          const box = element.getBBox();
          const matrix = element.getScreenCTM();
          const at = (x, y) => new DOMPoint(x, y).matrixTransform(matrix);
          const [from, to] = [at(box.x, box.y), at(box.x + box.width, box.y + box.height)];
          return [from.x - left, from.y - top, to.x - left, to.y - top].map((it) => it / scale);
        }""",
        "viewer-picture",
    )
    return found


def expect_rectangles(large: Large) -> None:
    """Those of frame 0 that are not turned lie where CVAT has them."""
    page, [job] = large.page, large.task.jobs
    points = [
        shape["points"]
        for shape in job.annotations["shapes"]
        if shape["frame"] == 0 and shape["type"] == "rectangle" and not shape["rotation"]
    ]
    picture = page.locator("#viewer-picture:not(.small)")
    expect(picture).to_be_visible()
    rectangles = page.locator("#viewer-overlay rect:not([transform])")
    expect(rectangles).to_have_count(len(points))
    expected = [pytest.approx(each, abs=0.1) for each in sorted(points)]
    # After a change of size they follow the picture a moment later.
    eventually(lambda: sorted(place(each, picture) for each in rectangles.all()) == expected)


def test_objects_of_every_kind_lie_where_cvat_has_them(desk: Workspace) -> None:
    large = Large(desk, "shapes")
    expect_rectangles(large)
    desk.page.keyboard.press("+")
    expect_rectangles(large)
    desk.page.set_viewport_size({"width": 500, "height": 700})
    expect_rectangles(large)
    desk.page.set_viewport_size({"width": 1280, "height": 900})
    # Lines stay thin.
    for _ in range(8):
        desk.page.keyboard.press("+")
    styles = desk.page.locator("#viewer-overlay .area").evaluate_all(
        "all => all.map((it) => getComputedStyle(it).vectorEffect)"
    )
    assert set(styles) == {"non-scaling-stroke"}
    kinds = set()
    for frame in range(9):
        if frame:
            large.go_on()
        kinds |= set(large.objects.evaluate_all("all => all.map((it) => it.dataset.type)"))
        if large.page.locator("#viewer-tags li").count():
            kinds.add("tag")
    assert kinds == {
        "rectangle",
        "polygon",
        "polyline",
        "points",
        "ellipse",
        "cuboid",
        "mask",
        "tag",
    }


def test_the_switch_is_remembered_and_asks_nothing_while_off(desk: Workspace) -> None:
    page = desk.page
    answer = {"detail": "CVAT does not answer. Try again in a minute.", "code": "cvat_unreachable"}
    page.route(ADDRESS, lambda route: route.fulfill(status=502, json=answer))
    large = Large(desk, "shapes")
    switch, again = desk.button("Annotations"), page.locator("#viewer-annotations-again")
    # Annotations that cannot be had block nothing.
    expect(large.said).to_have_text(
        "The annotations cannot be shown. CVAT does not answer. Try again in a minute."
    )
    expect(page.locator("#viewer-picture:not(.small)")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 700})
    expect(again).to_be_in_viewport(ratio=1)
    expect(page.locator("#viewer-close")).to_be_in_viewport(ratio=1)
    page.unroute(ADDRESS)
    page.get_by_role("button", name="Try again").click()
    expect(large.objects.first).to_be_attached()
    expect(again).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("a")
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(large.objects).to_have_count(0)
    expect(large.said).to_have_text("")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    large.open(1)
    expect(switch).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer-picture:not(.small)")).to_be_visible()
    assert not [url for url in asked if "annotations?" in url]
    switch.click()
    expect(large.said).to_have_text(re.compile("object"))
    expect_no_late_answer(large)
    expect_a_picture_turned_by_its_exif_data(large)


def expect_no_late_answer(large: Large) -> None:
    """Of frame 3, when frame 2 is shown again."""
    own = large.said.inner_text(), large.objects.count()

    def hold(route: Route) -> None:
        """Leave the request without an answer."""

    large.page.route(re.compile(r"/annotations\?frame=3"), hold)
    large.page.keyboard.press("ArrowRight")
    expect(large.said).to_have_text("Reading the annotations…")
    large.page.keyboard.press("ArrowLeft")
    expect(large.said).to_have_text(own[0])
    assert large.objects.count() == own[1]


def expect_a_picture_turned_by_its_exif_data(large: Large) -> None:
    """CVAT's coordinates are those of the picture as browsers show it."""
    upright = Image.new("RGB", (120, 160))  # shown as 160x120, the size in CVAT
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    file = io.BytesIO()
    upright.save(file, "JPEG", exif=exif)
    large.page.route(
        "**/image?*", lambda route: route.fulfill(body=file.getvalue(), content_type="image/jpeg")
    )
    large.open(0)
    expect_rectangles(large)
    size = "picture => [picture.naturalWidth, picture.naturalHeight]"
    assert large.page.locator("#viewer-picture").evaluate(size) == [160, 120]


def test_labels_are_hidden_one_by_one_on_every_frame(desk: Workspace) -> None:
    large = Large(desk, "skeletons")
    labels = large.page.get_by_role("group", name="Labels on this frame").get_by_role("button")
    expect(labels.first).to_be_visible()
    before = large.objects.count()
    name = labels.first.inner_text()
    count = int(name.split()[-1])
    labels.first.click()
    expect(labels.first).to_have_attribute("aria-pressed", "false")
    expect(large.objects).to_have_count(before - count)
    large.page.keyboard.press("ArrowRight")
    large.page.keyboard.press("ArrowLeft")
    expect(labels.first).to_have_attribute("aria-pressed", "false")
    labels.first.click()
    expect(large.objects).to_have_count(before)


def test_an_object_is_read_under_the_pointer_and_by_key(desk: Workspace) -> None:
    large = Large(desk, "attributes_tags")
    page = large.page
    expect(large.objects.first).to_be_attached()
    total = large.objects.count()
    page.keyboard.press("n")
    first = large.object.inner_text()
    assert first
    for _ in range(total):
        page.keyboard.press("n")
    expect(large.object).to_have_text(first, use_inner_text=True)
    page.keyboard.press("Shift+N")
    expect(page.locator("#viewer-overlay .current")).to_have_count(1)
    page.mouse.move(1, 1)
    large.objects.last.locator("> *").first.hover(force=True)
    expect(large.objects.last).to_have_class(re.compile("current"))
    page.mouse.move(1, 1)
    expect(large.object).to_have_text("")
    page.keyboard.press("n")
    expect(large.object).not_to_have_text("")
    page.keyboard.press("ArrowRight")
    expect(large.object).to_have_text("")
    expect(page.locator("#viewer-title")).to_have_text("Frame 1")


def test_two_thousand_objects(desk: Workspace) -> None:
    page: Page = desk.page
    task = add(desk, ANNOTATED / "shapes")
    job = task.jobs[0]
    [template, *_] = (each for each in job.annotations["shapes"] if each["type"] == "rectangle")
    many = [
        {**template, "id": 10_000 + at, "frame": 0, "points": [x, y, x + 8, y + 6]}
        for at in range(2000)
        for x, y in [(at % 50 * 12.0, at // 50 * 9.0)]
    ]
    answer = {
        "job_id": job.id,
        "frame": 0,
        "problems_count": 0,
        "labels": [],
        "objects": [
            {**each, "type": "rectangle", "track_id": None, "attributes": [], "elements": []}
            for each in many
        ],
    }
    page.route(ADDRESS, lambda route: route.fulfill(json=answer))
    large = Large(desk, task)
    expect(large.said).to_have_text("2,000 objects")
    expect(large.objects).to_have_count(2000)
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator("#viewer-overlay")).to_have_attribute("style", "")  # drawn anew at rest
    found = place(large.objects.nth(57).locator("rect"), page.locator("#viewer-picture"))
    assert found == pytest.approx(many[57]["points"], abs=0.1)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer-title")).to_have_text("Frame 1")
