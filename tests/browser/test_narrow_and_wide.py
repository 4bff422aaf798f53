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


def open_desk(open_portal: Callable[..., Portal], width: int, height: int = 844) -> Workspace:
    portal = open_portal("alice", viewport={"width": width, "height": height})
    portal.connect()
    return Workspace(portal)


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


def test_all_tools_are_in_sight_on_a_phone(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    for width in (320, 390):
        desk.page.set_viewport_size({"width": width, "height": 844})
        for box in [desk.button(name).bounding_box() for name in TOOLS]:
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        [size] = boxes(desk.page, "#size")
        assert size["x"] + size["width"] <= width
        tools = desk.page.locator("#tools")
        assert tools.evaluate("it => it.scrollWidth <= it.clientWidth")
        rows = {round(desk.button(name).bounding_box()["y"]) for name in TOOLS}
        assert len(rows) == 2


def test_the_note_is_whole_on_a_phone(desk: Workspace) -> None:
    """Also where its button is at the left, below a large number of chosen frames."""
    desk.open_task(DRIVE)
    desk.page.set_viewport_size({"width": 390, "height": 844})
    for total in ("227", "20,000 of 1,000,000"):
        desk.page.locator("#total").evaluate("(it, total) => { it.textContent = total; }", total)
        desk.page.get_by_text("Note", exact=True).click()
        [note] = boxes(desk.page, ".note > div")
        assert note["x"] >= 0
        assert note["x"] + note["width"] <= 390
        desk.page.keyboard.press("Escape")


def test_the_sheet_tells_what_was_picked(open_portal: Callable[..., Portal]) -> None:
    desk = open_desk(open_portal, 390)
    desk.open_task(DRIVE)
    desk.button("Pick…").click()
    desk.pick("10", seed="7")
    said = desk.page.locator("#pick-said")
    expect(said).to_contain_text("50 of 227 frames picked with seed 7.")
    desk.button("See the frames").click()
    expect(desk.page.locator("#side")).to_be_hidden()
    expect(desk.button("Pick…")).to_be_focused()
    desk.expect_chosen(50, 227)


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
    # An arrow key goes on to the frames themselves, Tab to their tools.
    desk.page.keyboard.press("ArrowDown")
    expect(desk.cell(0)).to_be_focused()
    desk.page.locator("#frames").focus()
    desk.page.keyboard.press("Tab")
    expect(desk.page.locator("#filter")).to_be_focused()


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


def test_a_question_mark_lists_the_keys(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.page.locator("#filter").focus()
    desk.page.keyboard.press("?")
    dialog = desk.page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_hidden()  # it belongs to the field
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


def test_what_can_never_open_is_not_tried_again(desk: Workspace) -> None:
    for task, said in ((UPLOAD, "no "), (LIDAR, "3D point clouds")):
        desk.page.goto(f"/choose?task={task}")
        notice = desk.page.locator("#notice")
        expect(notice).to_contain_text(said)
        expect(notice.get_by_role("link", name="Other tasks")).to_be_visible()
        expect(desk.button("Try again")).to_be_hidden()
        expect(desk.page.locator("#left-out summary")).to_have_text("Leave out frames of…")


def test_tasks_without_pictures_are_no_links_and_ask_for_no_preview(desk: Workspace) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.page.goto("/choose")
    expect(desk.page.get_by_text("Upload still to come")).to_be_visible()
    expect(desk.page.get_by_role("link", name="Upload still to come")).to_have_count(0)
    desk.page.get_by_role("combobox", name="Task, job").fill("upload")
    expect(desk.page.get_by_role("option").filter(has_text="Upload still")).to_be_visible()
    desk.page.wait_for_load_state("networkidle")
    assert not [url for url in asked if re.search(rf"tasks/{UPLOAD}/preview", url)]


def test_the_first_heading_is_the_heading_of_the_page(desk: Workspace) -> None:
    desk.open_task(DRIVE)  # which is listed as opened lately from now on
    for path in ("/choose", "/choose?find=crossing", "/choose?task=99999"):
        desk.page.goto(path)
        first = desk.page.locator("h1, h2, h3").first
        assert first.evaluate("it => it.localName") == "h1", path


def test_nothing_chosen_is_said_where_the_frames_would_be_listed(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.button("Get selected info").click()
    dialog = desk.page.locator("#info-dialog")
    expect(dialog).to_contain_text("No frame is chosen yet.")
    expect(dialog.get_by_role("textbox")).to_be_hidden()
    desk.button("Close").click()
    desk.cell(0).click()
    desk.cell(3).click()
    desk.button("Get selected info").click()
    expect(dialog).to_contain_text("Job 1: 2 frames.")
