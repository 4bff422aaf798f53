"""Two CVAT users of one person on one server: two connections that are told apart by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.portal import Portal


def shoot(portal: Portal, name: str) -> None:
    """For a look at it: SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        portal.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_list_chip_and_switch_name_the_user(connected: Portal) -> None:
    page, server = connected.page, connected.standin.url.partition("://")[2]
    page.goto("/connections")
    page.get_by_label("Address of the CVAT server").fill(connected.standin.url)
    page.get_by_label("User name").fill("carol")
    page.get_by_label("Password", exact=True).fill("carol-password")
    page.get_by_role("button", name="Connect", exact=True).click()

    expect(page.get_by_text("as carol")).to_be_visible()
    expect(page.locator(".chip")).to_contain_text(f"{server} · carol")
    switch = page.get_by_label("Connection", exact=True)
    assert sorted(switch.locator("option").all_inner_texts()) == [
        f"{server} · carol",
        f"{server} · demo",
    ]
    shoot(connected, "two-accounts-choose")
    page.goto("/connections")
    for user in ("carol", "demo"):
        expect(page.get_by_role("heading", name=f"{server} · {user}")).to_be_visible()
    shoot(connected, "two-accounts-list")


def test_withdrawn_server_is_said_so(open_portal: Callable[..., Portal], settings: object) -> None:
    portal = open_portal()
    portal.connect()
    settings.CVAT_ALLOWED_URLS = ["https://cvat.example.com"]
    portal.page.goto("/connections")
    expect(portal.page.get_by_text("is not among the CVAT servers")).to_be_visible()
    shoot(portal, "withdrawn")
