"""A folder uploaded on the page: in pieces, with a lost connection and a reload on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from publishing.models import Upload
from tests.browser.portal import Portal
from tests.publishing.test_tasks_of_files import picture


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Pictures of more than one piece, in folders."""
    settings.UPLOADS_DIR = tmp_path / "uploads"
    day = tmp_path / "Day 1"
    (day / "north").mkdir(parents=True)
    (day / "north" / "large.bmp").write_bytes(picture((2000, 1000), "bmp"))
    (day / "small.png").write_bytes(picture())
    (day / "Thumbs.db").write_bytes(b"junk")
    return day


def test_it_goes_on_after_an_interruption(connected: Portal, folder: Path) -> None:
    page = connected.page
    page.clock.install()
    page.goto("/publications/")
    page.get_by_role("link", name="New task from files").click()
    page.wait_for_url("**/publications/files")  # loaded, so that the script hears of the files

    pieces = 0

    def cut_off(route: Route) -> None:
        """The first piece comes through; at the second one the proxy has lost the portal."""
        nonlocal pieces
        pieces += 1
        if pieces == 1:
            route.continue_()
        else:
            route.fulfill(status=502)

    page.route("**/data?offset=*", cut_off)
    # The time for another try never comes, and Pause must not wait for it.
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    page.get_by_label("A folder …").set_input_files(folder)
    expect(page.get_by_role("status").filter(has_text="The connection is lost")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    page.unroute("**/data?offset=*", cut_off)
    half = Upload.objects.get()
    assert 0 < half.received < half.size

    page.reload()
    expect(page.get_by_text("are here")).to_be_visible()
    page.get_by_label("A folder …").set_input_files(folder)
    expect(page.get_by_role("heading", name="Day 1")).to_be_visible()
    whole = Upload.objects.get()
    assert (whole.pk, whole.received) == (half.pk, half.size)
    expect(page.get_by_text("1 file left out")).to_be_visible()
    expect(page.get_by_text("Day 1/north/large.bmp")).to_be_visible()
