from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from selections import services
from selections.draws import Draw
from selections.models import Archive, Selection
from standin.server import StandIn
from tests.browser.portal import Portal
from tests.conftest import connect
from tests.making import make_archive, make_selection


@pytest.fixture
def selection(cast: None, alice: User, standin: StandIn) -> Selection:
    """Ten frames, two of each job of task 1."""
    draw = Draw(task_id=1, count=2, seed=7)
    connection = connect(alice, standin)
    return services.create_random_selection(
        owner=alice, connection=connection, draw=draw, name="Round 1"
    )


@pytest.fixture
def saved(selection: Selection, portal: Portal) -> Portal:
    """alice, with that selection before her."""
    portal.page.goto(f"/selections/{selection.pk}")
    return portal


def expect_shown(page: Page, selector: str) -> None:
    """The pictures in view are there, not just their places."""
    picture = page.locator(selector).first
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    page.wait_for_function(
        "selector => document.querySelector(selector).naturalWidth > 0", arg=selector
    )


def test_how_it_was_made_and_its_frames(saved: Portal, selection: Selection) -> None:
    page = saved.page
    about = page.locator(".card", has_text="How it was made")
    expect(about).to_contain_text("2 frames from each job of task 1, drawn at random with seed 7.")
    expect(about).to_contain_text(re.compile(r"Picked\s+random per job"))
    expect(about).to_contain_text(re.compile(r"Frames per job\s+2"))
    expect(about).to_contain_text(re.compile(r"Seed\s+7"))
    expect(about).to_contain_text("Job 3: 2")
    link = page.get_by_role("link", name="Open in the workspace")
    expected = f"/choose?task=1&selection={selection.pk}&connection={selection.connection_id}"
    expect(link).to_have_attribute("href", expected)

    # As pictures and as a list.
    expect(page.locator(".shot")).to_have_count(10)
    expect_shown(page, ".shot img")
    page.get_by_role("link", name="Job 3: 2").click()
    expect(page).to_have_url(re.compile("job=3"))  # which tells a lost click from a wrong list
    expect(page.locator(".shot")).to_have_count(2)
    page.get_by_role("link", name="All jobs").click()
    page.get_by_role("link", name="List", exact=True).click()
    expect(page.locator("tbody a")).to_have_count(10)
    link = page.locator("tbody a").first
    assert re.fullmatch(
        rf"{saved.standin.url}/tasks/1/jobs/\d+\?frame=\d+", link.get_attribute("href") or ""
    )


def test_one_frame_large(saved: Portal) -> None:
    page = saved.page
    numbers = page.locator(".shot").evaluate_all("shots => shots.map(s => s.dataset.frame)")
    page.locator(".shot").first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect_shown(page, ".large img")
    expect(dialog.locator("b")).to_have_text(numbers[0])
    expect(dialog.get_by_role("button", name="Previous frame")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    expect(dialog.locator("b")).to_have_text(numbers[1])
    expect(dialog.get_by_role("link", name="Open in CVAT")).to_have_attribute(
        "href", re.compile(rf"/tasks/1/jobs/\d+\?frame={numbers[1]}$")
    )
    # It zooms like the one of the workspace.
    stage = dialog.locator(".viewer-stage")
    page.keyboard.press("+")
    expect(stage).to_have_class(re.compile("zoomed"))
    dialog.get_by_role("button", name="Fit").click()
    expect(stage).not_to_have_class(re.compile("zoomed"))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(".shot").nth(1)).to_be_focused()

    # It keeps the keyboard, whatever was clicked.
    page.locator(".shot").nth(1).click()
    dialog.get_by_role("button", name="Previous frame").focus()
    page.keyboard.press("Enter")  # to the first one: the button has nothing more to do
    expect(dialog.locator("b")).to_have_text(numbers[0])
    expect(dialog.locator(":focus")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(dialog.locator("b")).to_have_text(numbers[1])
    dialog.locator(".large-picture").click()
    page.keyboard.press("ArrowRight")
    expect(dialog.locator("b")).to_have_text(numbers[2])
    page.keyboard.press("Escape")
    expect(page.locator(".shot").nth(2)).to_be_focused()


def test_pictures_that_come_late_or_never(portal: Portal, selection: Selection) -> None:
    page = portal.page
    refused: list[str] = []

    def busy_twice(route: Route) -> None:
        if refused.count(route.request.url) == 2:
            return route.continue_()
        refused.append(route.request.url)
        return route.fulfill(status=503, headers={"Retry-After": "1"})

    [*_, last] = selection.frames.order_by("task_id", "frame").values_list("frame", flat=True)
    page.route(re.compile("/thumbnail"), busy_twice)
    page.route(re.compile(rf"/frames/{last}/thumbnail"), lambda route: route.fulfill(status=404))
    page.goto(f"/selections/{selection.pk}")
    shots = page.locator(".shot")
    expect(shots.last).to_have_class(re.compile("none"))
    expect(shots.last.locator("img")).to_be_hidden()
    expect(shots.first.locator("img")).to_be_visible()
    expect(shots.first).not_to_have_class(re.compile("none"))
    assert refused.count(refused[0]) == 2


def test_rename_share_and_copy(saved: Portal, bob: User) -> None:
    page = saved.page
    page.get_by_text("Rename").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    heading = page.get_by_role("heading", name="Round 1")
    expect(heading).to_have_css("width", "1px")  # there for screen readers alone
    page.keyboard.press("Escape")
    expect(heading).not_to_have_css("width", "1px")
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).fill("Round one")
    page.get_by_label("Note").fill("The first.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Round one")).to_be_visible()
    expect(page.locator(".note")).to_have_text("The first.")

    page.get_by_role("button", name="Share with everybody").click()
    expect(page.get_by_text("Everyone who signs in here")).to_be_visible()
    page.get_by_role("button", name="Stop sharing with everybody").click()
    expect(page.get_by_text("Only you can see")).to_be_visible()
    page.get_by_role("link", name="Share").click()
    page.get_by_label("User name", exact=True).fill("bob")
    page.get_by_label("May").select_option(label="read and edit")
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_text("bob may read and edit this selection now.")).to_be_visible()
    page.get_by_role("button", name="Let bob only read").click()
    expect(page.get_by_text("bob may read this selection now.")).to_be_visible()
    page.get_by_role("button", name="Stop sharing with bob").click()
    expect(page.get_by_text("no longer shared with bob")).to_be_visible()

    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("heading", name="Copy of Round one")).to_be_visible()


def test_draw_again(portal: Portal, selection: Selection) -> None:
    page = portal.page
    # Without pictures: few requests of a person may wait for CVAT at a time.
    page.route("**/thumbnail*", lambda route: route.fulfill(status=404))
    page.goto(f"/selections/{selection.pk}")
    page.get_by_role("link", name="Draw again").click()
    expect(page.get_by_text("10 frames now: all the same as before.")).to_be_visible()
    page.get_by_role("button", name="Save as a new selection").click()
    expect(page.get_by_text("all 10 frames are the same as before")).to_be_visible()
    expect(page.get_by_role("heading", name="Round 1, drawn again")).to_be_visible()
    page.get_by_role("link", name="Draw with another seed").click()
    page.get_by_role("button", name="Save as a new selection").click()
    expect(page.get_by_text("of 10 frames are the same as before")).to_be_visible()


def test_the_list_of_selections(saved: Portal, alice: User) -> None:
    page = saved.page
    count = page.locator("#count")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("“Round 1” is deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="Round 1")).to_have_count(0)
    page.goto("/selections/archives")
    page.goto("/selections/")
    page.get_by_role("button", name="Undo deleting Round 1").click()
    expect(page.get_by_text("“Round 1” is back.")).to_be_visible()
    expect(page.locator(".shot")).to_have_count(10)

    # Search and filters as one types.
    make_selection(alice, name="Another one")
    page.goto("/selections/")
    expect_shown(page, ".thumb img")
    page.get_by_label("Search").press_sequentially("round")
    expect(count).to_contain_text("1 selection found")
    expect(page.get_by_role("link", name="Another one")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/selections/\?search=round$"))
    page.get_by_text("More filters").click()
    page.get_by_label("Picked").select_option(label="by hand")
    expect(page.get_by_role("heading", name="No selection matches")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?search=round&method=manual$"))
    page.reload()
    expect(page.get_by_label("Picked")).to_have_value("manual")
    page.go_back()
    expect(page.get_by_role("heading", name="How it was made")).to_be_visible()
    page.go_forward()
    expect(page.get_by_label("Search")).to_have_value("round")
    page.get_by_role("link", name="Clear the filters").click()
    expect(count).to_have_text("2 selections")

    # Its pages.
    for number in range(30):
        make_selection(alice, name=f"Number {number}", frames=1)
    page.goto("/selections/?order=name")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    expect(page.get_by_role("link", name="Round 1")).to_be_visible()
    expect(page).to_have_url(re.compile(r"order=name&page=2$"))
    page.get_by_label("Search").fill("Round")
    expect(count).to_contain_text("1 selection found")


def test_without_script(
    open_portal: Callable[..., Portal], selection: Selection, alice: User
) -> None:
    page = open_portal("alice", java_script_enabled=False).page
    page.goto("/selections/")
    page.get_by_label("Search").fill("nothing like it")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="No selection matches")).to_be_visible()
    page.get_by_role("link", name="All selections").click()
    page.get_by_role("link", name="Round 1").click()
    page.get_by_text("Rename").click()
    page.get_by_label("Name", exact=True).fill("Round one")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo deleting Round one").click()
    expect(page.get_by_role("heading", name="Round one")).to_be_visible()


def test_pictures_that_one_may_not_see(
    open_portal: Callable[..., Portal], selection: Selection, bob: User, standin: StandIn
) -> None:
    """Shared with bob, whose CVAT account sees no more of the task than its third job."""
    services.update_selection(selection=selection, visibility="shared")
    connect(bob, standin, account="carol")
    page = open_portal("bob").page
    page.goto("/selections/")
    expect(page.locator(".thumb img").first).to_be_hidden()
    page.get_by_role("link", name="Round 1").click()
    expect(page.locator(".shot img").first).to_be_hidden()
    page.wait_for_load_state()  # until then, a click opens the picture itself
    page.locator(".shot").first.click()
    expect(page.get_by_text("CVAT does not show this picture.")).to_be_visible()


def test_archives(portal: Portal, alice: User, selection: Selection) -> None:
    make_archive(alice, selection, "ready", size=3)
    make_archive(alice, selection, "failed", error="No room left.")
    make_archive(alice, selection, "queued")
    page = portal.page
    page.goto("/selections/archives")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The build is cancelled.")).to_be_visible()
    page.goto("/selections/archives")
    page.get_by_role("link", name="Ready 1").click()
    expect(page.locator(".archive")).to_have_count(1)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Its selection is kept.")).to_be_visible()
    page.get_by_role("link", name="Failed 1").click()
    expect(page.get_by_text("No room left.")).to_be_visible()
    assert set(Archive.objects.values_list("status", flat=True)) == {"failed", "cancelled"}


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


def test_names_in_the_list_have_room(selection: Selection, portal: Portal) -> None:
    page = portal.page
    page.goto("/selections/")
    for width in (390, 660, 720, 800, 840, 1024):
        page.set_viewport_size({"width": width, "height": 700})
        for name in (".table .name", ".table time"):
            expect(page.locator(name)).to_be_in_viewport(ratio=1)
        box = page.locator(".table td", has=page.locator(".name")).bounding_box()
        assert box
        assert box["width"] >= 160, width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_frames_deleted_in_cvat_are_named_before_the_build(
    portal: Portal, selection: Selection, standin: StandIn
) -> None:
    page = portal.page
    gone = list(selection.frames.values_list("frame", flat=True)[:2])
    standin.world.set_deleted(1, gone)
    page.goto(f"/selections/{selection.pk}")  # the first visit: answers are kept for a moment
    form = page.locator("form.card", has_text="Get the files")
    expect(form).to_contain_text("2 frames were deleted in CVAT since this selection was saved:")
    expect(form).to_contain_text(f"{gone[0]} (north_{gone[0]:04d}.jpg)")
    form.get_by_label("Frames deleted in CVAT").select_option(label="Leave them out")
    form.get_by_role("button", name="Build ZIP").click()
    expect(page).to_have_url(re.compile("/archives/"))
    assert Archive.objects.get().options["deleted_frames"] == "leave_out"
