"""The selected frames as JSON: shown, copied, saved as a file; of very many as well."""

from __future__ import annotations

import json
from itertools import pairwise

from playwright.sync_api import expect

from tests.browser.workspace import Workspace
from tests.conftest import eventually

FOLDERS = 2
MANY = 2500
PIECE = 1000  # frames that are written in one go
# The number of frames of each piece that is written, and a 0 whenever the page had its turn.
WATCH_PIECES = """() => {
  window.pieces = [];
  const { stringify } = JSON;
  JSON.stringify = (value, ...how) => {
    if (Array.isArray(value) && value[0]?.frame !== undefined) window.pieces.push(value.length);
    return stringify(value, ...how);
  };
  const later = window.setTimeout;
  window.setTimeout = (work, ...how) => later(() => (window.pieces.push(0), work()), ...how);
}"""


def test_selected_info(desk: Workspace) -> None:
    desk.open_task(FOLDERS)
    desk.cell(15).click()
    (info,) = desk.info()
    assert info.pop("job_id")
    assert info == {
        "frame": 15,
        "task_id": FOLDERS,
        "filename": "cam_b/img_001.jpg",
        "width": 320,
        "height": 240,
    }
    desk.button("Get selected info").click()
    with desk.page.expect_download() as download:
        desk.button("Save as file").click()
    assert "cam_b/img_001.jpg" in download.value.path().read_text()
    # Without a clipboard for scripts, as on a portal without HTTPS, people copy it themselves.
    desk.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    copy = desk.page.locator("#info-copy")
    copy.click()
    expect(copy).to_have_text("Press Ctrl-C")
    assert desk.page.evaluate("getSelection().toString().length") > 50


def test_info_of_very_many(desk: Workspace) -> None:
    """The page shows the first of them, the clipboard and the file have all."""
    page = desk.page
    desk.standin.world.add_task("Many", task_id=99, owner="demo", count=MANY, size=(32, 24))
    desk.open_task(99)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.button("Select all").click()
    desk.expect_chosen(MANY, MANY)
    page.evaluate(WATCH_PIECES)
    desk.button("Get selected info").click()
    expect(page.locator("#info-title")).to_have_text("2,500 selected frames")
    text = page.get_by_label("Selected frames as JSON")
    shown = json.loads(text.input_value())
    more = page.get_by_text("These are the first 300 of 2,500. Copy and Save as file have all.")
    expect(more).to_be_visible()
    copy = page.locator("#info-copy")
    assert sum(page.evaluate("window.pieces.splice(0)")) == 300
    copy.click()
    expect(copy).to_have_text("Copied")
    pieces = page.evaluate("window.pieces")
    assert sum(pieces) == MANY
    assert max(pieces) <= PIECE
    assert not any(one and other for one, other in pairwise(pieces))  # the page goes on meanwhile
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert [row["frame"] for row in copied] == list(range(MANY))
    assert shown == copied[:300]
    desk.button("Close").click()
    assert desk.info() == copied
    # Whoever marks all that is shown means all.
    desk.button("Get selected info").click()
    text.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    eventually(lambda: page.evaluate("navigator.clipboard.readText()").count('"frame"') == MANY)
    desk.button("Close").click()
    desk.button("Clear").click()
    desk.cell(0).click()
    desk.button("Get selected info").click()
    expect(more).to_be_hidden()
