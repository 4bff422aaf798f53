from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from selections.models import Selection
from tests.browser.portal import Portal
from tests.browser.workspace import Workspace


@pytest.fixture
def saved(desk: Workspace) -> Portal:
    """alice, with a selection of 50 frames before her."""
    desk.open_task(1)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.save("Round 1")
    desk.page.get_by_role("link", name="“Round 1”").click()
    return desk.portal


def test_how_it_was_made(saved: Portal) -> None:
    about = saved.page.locator(".card", has_text="How it was made")
    expect(about).to_contain_text(re.compile(r"Picked\s+random per job"))
    expect(about).to_contain_text(re.compile(r"Frames per job\s+10"))
    expect(about).to_contain_text(re.compile(r"Seed\s+7"))
    expect(about).to_contain_text("Job 3: 10")
    link = saved.page.locator("tbody a").first
    assert re.fullmatch(
        rf"{saved.standin.url}/tasks/1/jobs/\d+\?frame=\d+", link.get_attribute("href") or ""
    )


def test_rename_share_copy_delete(saved: Portal) -> None:
    page = saved.page
    page.get_by_label("Name").fill("Round one")
    page.get_by_label("Note").fill("The first.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Round one")).to_be_visible()
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("Everyone who signs in here")).to_be_visible()
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_text("Only you can see")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("heading", name="Copy of Round one")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("“Copy of Round one” is deleted.")).to_be_visible()
    assert Selection.objects.get().note == "The first."


def test_search_and_filter(saved: Portal) -> None:
    page = saved.page
    page.goto("/selections/")
    page.get_by_label("Search").fill("round")
    page.get_by_label("Whose").select_option(label="Mine")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="Round 1")).to_be_visible()
    page.get_by_label("Search").fill("nothing like it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No selection matches")).to_be_visible()


def test_tokens(portal: Portal) -> None:
    page = portal.page
    page.goto("/tokens")
    page.get_by_label("Name").fill("nightly export")
    page.get_by_role("button", name="Make token").click()
    value = page.locator("#token-value").inner_text()
    assert value.startswith("cis_")
    answer = page.request.get(
        "/api/connections", headers={"Authorization": f"Bearer {value}", "Cookie": ""}
    )
    assert answer.ok
    page.goto("/tokens")
    assert value not in page.content()
    page.get_by_role("button", name="Revoke nightly export").click()
    expect(page.get_by_text("is revoked")).to_be_visible()
