"""Draw methods with numbers of their own, in the workspace."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

from selections.models import Selection
from tests.browser.workspace import Workspace

DRIVE = 1  # 227 frames


@pytest.fixture
def every_nth(desk: Workspace) -> Workspace:
    """The task, with each 50th frame picked."""
    desk.open_task(DRIVE)
    panel = desk.page.locator("#pick")
    panel.get_by_text("Every n-th", exact=True).click()
    panel.get_by_label("Step in frames").fill("50")
    desk.page.locator("#draw").click()
    desk.expect_chosen(5, 227)
    return desk


def test_a_method_without_amount_and_seed_asks_for_neither(every_nth: Workspace) -> None:
    page = every_nth.page
    expect(page.locator("#dock-status")).to_contain_text("5 of 227 frames picked.")
    for name in ("#amount", "#seed", "#after-draw", "#setting-min_frames_apart"):
        expect(page.locator(name)).to_be_hidden()
    page.locator("#pick").get_by_text("Per job", exact=True).click()
    for name in ("#amount", "#seed", "#after-draw"):
        expect(page.locator(name)).to_be_visible()
    expect(page.get_by_label("Step in frames")).to_be_hidden()


def test_the_chosen_method_and_its_number_are_explained(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    panel = desk.page.locator("#pick")
    said = panel.locator("#method-help")
    expect(said).to_have_text("A number of frames from each job.")
    panel.get_by_text("Spread", exact=True).click()
    expect(said).to_contain_text("3 are the first, the middle and the last one")
    panel.get_by_text("Far apart", exact=True).click()
    expect(panel.get_by_label("Frames apart")).to_have_accessible_description(
        "The least distance between two frames of a task, in frame numbers."
    )
    panel.get_by_text("By hand", exact=True).click()
    expect(said).to_be_hidden()


def test_the_number_is_in_the_address_and_in_the_saved_selection(
    every_nth: Workspace, alice: User
) -> None:
    page = every_nth.page
    every_nth.save("Each 50th")
    saved = Selection.objects.get(owner=alice)
    assert saved.draw["frame_step"] == 50
    assert saved.frames.count() == 5
    page.reload()
    expect(page.get_by_label("Step in frames")).to_have_value("50")
    page.goto(f"/choose?task={DRIVE}&selection={saved.pk}")
    every_nth.expect_chosen(5, 227)
    expect(page.get_by_role("radio", name="Every n-th")).to_be_checked()
    expect(page.get_by_label("Step in frames")).to_have_value("50")


def test_too_few_frames_that_are_far_apart_are_told(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.page.locator("#pick").get_by_text("Far apart", exact=True).click()
    desk.page.get_by_label("Frames apart").fill("200")
    desk.pick("10", seed="7", mode="Far apart")
    expect(desk.page.locator("#dock-status")).to_contain_text(
        "fewer than the 10 asked for: no other frame is far enough from these."
    )


def test_a_number_that_is_none_is_refused(every_nth: Workspace) -> None:
    every_nth.page.get_by_label("Step in frames").fill("0")
    every_nth.page.locator("#draw").click()
    refused = every_nth.page.locator("#pick-error")
    expect(refused).to_contain_text("Step in frames must be a whole number, 1 to")
    every_nth.expect_chosen(5, 227)


def test_near_duplicates_are_shown_beside_what_they_look_like(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE, job=2)
    panel = page.locator("#pick")
    panel.get_by_text("No doubles", exact=True).click()
    panel.get_by_label("Bits that may differ").fill("16")
    panel.get_by_label("Unit").select_option(label="%")
    desk.pick("100", seed="7", mode="No doubles")
    left_out = page.locator("#near-duplicates")
    expect(left_out.locator("summary")).to_contain_text("left out")
    left_out.locator("summary").click()
    pair = left_out.locator("li").first
    expect(pair).to_contain_text(" like ")
    for picture in pair.locator("img").all():
        desk.until(lambda picture=picture: picture.evaluate("image => image.naturalWidth > 0"))
    expect(page.locator("#dock-status")).to_contain_text("the others look like these.")
    panel.get_by_label("Bits that may differ").fill("0")
    panel.get_by_label("Bits that may differ").blur()
    expect(left_out).to_be_hidden()  # it told of another draw


def test_near_duplicates_of_several_tasks_name_their_task(desk: Workspace) -> None:
    desk.page.goto("/choose?tasks=12,13")
    expect(desk.cells.first).to_be_visible()
    desk.pick("100", seed="7", mode="No doubles")
    left_out = desk.page.locator("#near-duplicates")
    left_out.locator("summary").click()
    expect(left_out.locator("li").first).to_have_text(
        re.compile(r"^\d+ of task 1[23] like \d+ of task 1[23], \d+ bits? apart$")
    )


def test_a_draw_that_waits_for_pictures_ends_with_its_method(desk: Workspace) -> None:
    """Else it would be asked for again by itself, with the method that is chosen by then."""
    page = desk.page
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/api/random-select", hold)
    desk.open_task(DRIVE)
    panel = page.locator("#pick")
    panel.get_by_text("Varied", exact=True).click()
    page.locator("#draw").click()
    desk.until(lambda: waiting)
    panel.get_by_text("Every n-th", exact=True).click()
    waiting[0].fulfill(
        status=503, json={"message": "Being read.", "code": "pictures_not_read", "success": False}
    )
    expect(page.locator("#draw")).to_have_attribute("aria-disabled", "false")
    # At once: the second request would remove what the first one says.
    assert page.locator("#pick-error").text_content() == ""


def test_a_draw_that_waits_for_pictures_goes_on_by_itself(desk: Workspace) -> None:
    """What is chosen meanwhile is replaced, and can be brought back."""
    page = desk.page
    said = "The pictures of task 1 are being read: 3 of 48 frames so far. Try again in a moment."
    reading = {"message": said, "code": "pictures_not_read", "success": False}

    def answer(route: Route) -> None:
        if page.locator("#count").text_content() == "2":
            route.continue_()
        else:
            route.fulfill(status=503, json=reading)

    page.set_viewport_size({"width": 1280, "height": 640})  # the panel is higher
    desk.open_task(DRIVE, job=2)
    page.route("**/api/random-select", answer)
    page.locator("#pick").get_by_text("No doubles", exact=True).click()
    page.get_by_label("Seed").press("Enter")
    error = page.locator("#pick-error")
    expect(error).to_have_text(said.replace("Try again in a moment", "The draw goes on by itself"))
    expect(error).to_be_in_viewport(ratio=1)
    mine = [int(desk.cells.nth(at).get_attribute("data-frame") or "") for at in (0, 1)]
    for frame in mine:
        desk.cell(frame).click()
    status = page.locator("#dock-status")
    expect(status).to_contain_text("They replace the 2 frames chosen before.")
    expect(error).to_be_empty()
    status.get_by_role("button", name="Undo").click()
    desk.expect_frames(*mine)


def test_no_more_is_drawn_where_a_larger_draw_gives_other_frames(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE, job=2)
    desk.pick("5", seed="7", mode="Varied")
    expect(desk.button("Keep, draw more")).to_be_visible()

    def of_a_large_task(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "total_available": 5001})

    page.route("**/api/random-select", of_a_large_task)
    desk.button("Another seed").click()
    expect(desk.button("Keep, draw more")).to_be_hidden()
    page.locator("#pick").get_by_text("Random", exact=True).click()
    expect(desk.button("Keep, draw more")).to_be_visible()
