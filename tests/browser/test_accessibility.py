"""Axe finds nothing on any page; of the dark theme, which has other colours alone, only those are
checked, and on a narrow screen only those of what a wide one does not show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from portal.services import teams
from selections.models import Archive, Selection
from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.conftest import connect

PAGES = [
    "/connections",
    "/choose",
    "/choose?find=nothing+like+it",
    "/choose?task=9",
    "/choose?task=99999",
    "/selections/",
    "/selections/{selection}",
    "/selections/archives",
    "/selections/archives/{archive}",
    "/selections/hand-over",
    "/tokens",
    "/teams",
    "/teams/{team}",
    "/accounts/password/",
    "/nothing-here",
]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
DARK: dict[str, object] = {"runOnly": {"type": "rule", "values": OF_COLOURS}}
LIGHT: dict[str, object] = {}
STILL = "*, ::before, ::after { animation: none !important; transition: none !important }"


def assert_accessible(page: Page, *, in_dark: bool = True) -> None:
    """Contrast is measured on the page at rest: of a transition, axe would see some moment."""
    if page.evaluate("!('axe' in window)"):
        page.evaluate(AXE_SCRIPT)
        page.evaluate(
            """(rules) => {
              const sheet = new CSSStyleSheet(); // which the Content-Security-Policy allows
              sheet.replaceSync(rules);
              document.adoptedStyleSheets = [sheet];
            }""",
            STILL,
        )
    themes = {"dark": DARK, "light": LIGHT} if in_dark else {"light": LIGHT}
    for theme, rules in themes.items():
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_function("document.getAnimations().length === 0")
        options = {"resultTypes": ["violations"], **rules}
        found = AxeResults(page.evaluate("options => axe.run(options)", options))
        assert found.violations_count == 0, (theme, found.generate_report())


def test_every_page(portal: Portal, alice: User) -> None:
    connection = connect(alice, portal.standin)
    selection = Selection.objects.create(
        owner=alice, connection=connection, url=connection.url, name="Round 1"
    )
    selection.frames.create(task_id=1, job_id=1, frame=1, filename="north_0001.jpg")
    archive = Archive.objects.create(selection=selection, requested_by=alice, status="failed")
    team = teams.create_team(user=alice, name="Night shift")
    selection.shares.create(team=team)
    selection.marks.create(task_id=1, frame=1, verdict="faulty", tags=["blurred"])
    places = {"selection": selection.pk, "archive": archive.pk, "team": team.pk}
    for path in PAGES:
        portal.page.goto(path.format(**places))
        expect(portal.page.locator("[aria-busy=true]")).to_have_count(0)
        assert_accessible(portal.page)


def test_signing_in(open_portal: Callable[..., Portal]) -> None:
    portal = open_portal(None)
    portal.page.goto("/")
    assert_accessible(portal.page)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_workspace(open_portal: Callable[..., Portal], width: int) -> None:
    portal = open_portal("alice", viewport={"width": width, "height": 844})
    portal.connect()
    desk, is_wide = Workspace(portal), width > 800
    desk.open_task(1)
    desk.painted(0)
    desk.cell(0).click()
    assert_accessible(desk.page)
    if not is_wide:
        desk.button("Pick…").click()
        expect(desk.page.locator("#side")).to_be_visible()
        assert_accessible(desk.page)
        desk.button("Done").click()
    desk.button("List").click()
    desk.painted(0)
    assert_accessible(desk.page, in_dark=is_wide)
    desk.button("Get selected info").click()
    assert_accessible(desk.page, in_dark=is_wide)
    desk.button("Close").click()
    desk.cell(0).focus()
    desk.page.keyboard.press("?")
    expect(desk.page.locator("#keys-dialog")).to_be_visible()
    assert_accessible(desk.page, in_dark=is_wide)
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#viewer-said")).to_be_empty()
    assert_accessible(desk.page, in_dark=is_wide)
    desk.page.keyboard.press("Escape")
    expect(desk.cell(0)).to_be_focused()
    desk.page.get_by_role("combobox", name="Task, job").fill("night")
    expect(desk.page.get_by_role("option").filter(has_text="Night drive")).to_be_visible()
    expect(desk.page.locator(".found.waiting")).to_have_count(0)  # pale while it searches
    assert_accessible(desk.page, in_dark=is_wide)


@pytest.mark.parametrize("width", [390, 1280])
def test_several_tasks(open_portal: Callable[..., Portal], width: int) -> None:
    portal = open_portal("alice", viewport={"width": width, "height": 844})
    portal.connect()
    desk, page, is_wide = Workspace(portal), portal.page, width > 800
    page.goto("/choose?project=2")
    for name in ("Crossing, day", "Crossing, dusk"):
        page.get_by_role("checkbox", name=f"Choose frames of {name}").check()
    expect(page.locator("#task-checks")).to_contain_text("2 tasks chosen")
    assert_accessible(page)
    page.route(
        "**/api/catalog*task_id=13*",
        lambda route: route.fulfill(status=502, json={"detail": "Out of order.", "code": "cvat"}),
    )
    page.get_by_role("link", name="Choose frames", exact=True).click()
    first = desk.grid.locator('.cell[title="day_000.jpg"]:visible')
    first.click()
    assert_accessible(page)
    desk.grid.get_by_role("button", name="Frames of Crossing, day").click()
    expect(desk.grid.locator(".task-lane").last).to_contain_text("Out of order.")
    assert_accessible(page, in_dark=is_wide)
    page.locator("#only-chosen").click()
    expect(desk.grid.locator(".task-lane")).to_have_count(1)
    assert_accessible(page, in_dark=is_wide)
