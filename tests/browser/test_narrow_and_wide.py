"""All of a page is in reach on a phone and with two connections, in the order that is seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from playwright.sync_api import Page, expect

from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.making import make_connection

DRIVE, UPLOAD, LIDAR = 1, 9, 14
TOOLS = ["Pick…", "Select all", "Clear", "Invert", "Undo", "Redo", "List"]


def boxes(page: Page, *selectors: str) -> list[dict[str, float]]:
    return [page.locator(selector).bounding_box() for selector in selectors]


def test_two_connections_leave_open_as_it_is(desk: Workspace) -> None:
    widths, paths = (390, 1280, 1920), ("/choose", f"/choose?task={DRIVE}")

    def heights(path: str) -> list[float]:
        desk.page.goto(path)
        return [desk.button("Open").bounding_box()["height"] for _ in each_width()]

    def each_width() -> Iterator[int]:
        for width in widths:
            desk.page.set_viewport_size({"width": width, "height": 844})
            yield width

    alone = [heights(path) for path in paths]
    make_connection(desk.portal.person, "https://annotate.example.com")
    for path, before in zip(paths, alone, strict=True):
        assert heights(path) == before
        for width in each_width():
            parts = (".finder-form", "#switch", ".finder-switch button")
            field, select, switch = boxes(desk.page, *parts)
            # One row for both of them, and on a wide page for all.
            assert select["y"] == switch["y"]
            assert (field["y"] == select["y"]) == (width > 900)


def test_all_is_in_reach_on_a_phone(open_portal: Callable[..., Portal]) -> None:
    portal = open_portal(viewport={"width": 390, "height": 844})
    portal.connect()
    desk = Workspace(portal)
    desk.open_task(DRIVE)
    expect(desk.page.locator("#side")).to_be_hidden()
    desk.in_sight(0)  # the frames come before the settings
    for width in (320, 390):
        desk.page.set_viewport_size({"width": width, "height": 844})
        assert_tools_are_in_sight(desk, width)
    assert_note_is_whole(desk)
    assert_nothing_chosen_is_said(desk)

    desk.button("Pick…").click()
    expect(desk.button("Pick at random")).to_be_visible()
    expect(desk.button("Done")).to_be_focused()
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#side")).to_be_hidden()
    expect(desk.button("Pick…")).to_be_focused()
    # The sheet tells what was picked.
    desk.button("Pick…").click()
    desk.pick("10", seed="7")
    said = desk.page.locator("#pick-said")
    expect(said).to_contain_text("50 of 227 frames picked with seed 7.")
    desk.button("See the frames").click()
    expect(desk.page.locator("#side")).to_be_hidden()
    expect(desk.button("Pick…")).to_be_focused()
    desk.expect_chosen(50, 227)


def assert_tools_are_in_sight(desk: Workspace, width: int) -> None:
    for box in [desk.button(name).bounding_box() for name in TOOLS]:
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    [size] = boxes(desk.page, "#size")
    assert size["x"] + size["width"] <= width
    tools = desk.page.locator("#tools")
    assert tools.evaluate("it => it.scrollWidth <= it.clientWidth")
    rows = {round(desk.button(name).bounding_box()["y"]) for name in TOOLS}
    assert len(rows) == 2


def assert_note_is_whole(desk: Workspace) -> None:
    """Also where its button is at the left, below a large number of chosen frames."""
    for total in ("227", "20,000 of 1,000,000", "227"):
        desk.page.locator("#total").evaluate("(it, total) => { it.textContent = total; }", total)
        desk.page.get_by_text("Note", exact=True).click()
        [note] = boxes(desk.page, ".note > div")
        assert note["x"] >= 0
        assert note["x"] + note["width"] <= 390
        desk.page.keyboard.press("Escape")


def assert_nothing_chosen_is_said(desk: Workspace) -> None:
    """In the dialog that lists the chosen frames."""
    desk.button("Get selected info").click()
    dialog = desk.page.locator("#info-dialog")
    expect(dialog).to_contain_text("No frame is chosen yet.")
    expect(dialog.get_by_role("textbox")).to_be_hidden()
    desk.button("Close").click()
    desk.cell(0).click()
    desk.cell(1).click()
    desk.button("Get selected info").click()
    expect(dialog).to_contain_text("Job 1: 2 frames.")
    desk.button("Close").click()
    desk.button("Clear").click()


def test_the_keyboard_goes_where_the_eye_goes(desk: Workspace) -> None:
    """From the title to the ways to pick, the jobs, the frames, and the dock below them."""
    desk.open_task(DRIVE)
    order = desk.page.evaluate(
        """() => [...document.querySelectorAll(
          "#draw, #bars button, #filter, .cell[tabindex='0'], #save"
        )].map((it) => it.id || it.className)"""
    )
    assert order == ["draw", *["link"] * 5, "filter", order[7], "save"]
    assert "cell" in order[7]
    # Two skip links lead past what comes before.
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("link", name="Skip to the frames")).to_be_focused()
    desk.page.keyboard.press("Enter")
    # An arrow key goes on to the frames themselves, where focus is seen, Tab to their tools.
    desk.page.keyboard.press("ArrowDown")
    expect(desk.cell(0)).to_be_focused()
    desk.page.keyboard.press("ArrowRight")
    outline = desk.cell(1).evaluate("cell => getComputedStyle(cell).outlineWidth")
    assert outline == "2px"
    desk.page.locator("#frames").focus()
    desk.page.keyboard.press("Tab")
    expect(desk.page.locator("#filter")).to_be_focused()
    assert_question_mark_lists_keys(desk)


def assert_question_mark_lists_keys(desk: Workspace) -> None:
    """Not while a field has the focus, as at first."""
    desk.page.keyboard.press("?")
    dialog = desk.page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_hidden()
    desk.page.locator("#filter").fill("")
    desk.cell(3).click()
    desk.page.keyboard.press("?")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Choose the frame, or leave it out")
    desk.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    desk.expect_chosen(1, 227)
    desk.button("Keys").click()
    expect(dialog).to_be_visible()


def test_the_question_before_a_connection_ends_is_whole_on_a_phone(connected: Portal) -> None:
    page = connected.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/connections")
    page.get_by_text("Disconnect", exact=True).click()
    question = page.locator("details.menu[open] > div")
    expect(question).to_be_visible()
    box = question.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_what_can_never_open_is_not_tried_again(desk: Workspace) -> None:
    for task, said in ((UPLOAD, "no "), (LIDAR, "3D point clouds")):
        desk.page.goto(f"/choose?task={task}")
        notice = desk.page.locator("#notice")
        expect(notice).to_contain_text(said)
        expect(notice.get_by_role("link", name="Other tasks")).to_be_visible()
        expect(desk.button("Try again")).to_be_hidden()
        expect(desk.page.locator("#left-out summary")).to_have_text("Leave out frames of…")


def test_the_page_that_lists_tasks(desk: Workspace) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.open_task(DRIVE)  # which is listed as opened lately from now on
    for path in ("/choose?find=crossing", "/choose?task=99999", "/choose"):
        desk.page.goto(path)
        first = desk.page.locator("h1, h2, h3").first
        assert first.evaluate("it => it.localName") == "h1", path
    # Tasks without pictures are no links and ask for no preview.
    expect(desk.page.get_by_text("Upload still to come")).to_be_visible()
    expect(desk.page.get_by_role("link", name="Upload still to come")).to_have_count(0)
    desk.page.get_by_role("combobox", name="Task, job").fill("upload")
    expect(desk.page.get_by_role("option").filter(has_text="Upload still")).to_be_visible()
    desk.page.wait_for_load_state("networkidle")
    assert not [url for url in asked if re.search(rf"tasks/{UPLOAD}/preview", url)]
